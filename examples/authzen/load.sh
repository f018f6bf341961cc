#!/bin/sh
# Loads the fixture into the tenant "authzen" of a running server: see README.md.
set -eu
cd "$(dirname "$0")/../.."
vouchsafe() { ${CLI:-npx vouchsafe} "$@"; }
vouchsafe tenant create authzen --name "Certification scenario"
vouchsafe issuer create --iss http://127.0.0.1/dev --audiences authzen --jwks-uri https://id.example.com/jwks --tenant authzen
vouchsafe catalog apply --tenant authzen -f examples/authzen/catalog.yaml
vouchsafe subject create --identities '{"issuer":"http://127.0.0.1/dev","subject":"alice"}' --tenant authzen
bob=$(vouchsafe subject create --identities '{"issuer":"http://127.0.0.1/dev","subject":"bob"}' --tenant authzen --json | grep -o 'sub_[0-9a-f-]*')
vouchsafe subject set-fact "$bob" --key role --value '"admin"' --tenant authzen
vouchsafe grant writer --plan --to alice --tenant authzen
vouchsafe grant reader --plan --to bob --tenant authzen
