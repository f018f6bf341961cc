#!/bin/sh
# Loads the fixture into the tenant "authzen" of a running server: see README.md.
set -eu
cd "$(dirname "$0")/../.."
npx vouchsafe tenant create authzen --name "Certification scenario"
npx vouchsafe issuer create --iss http://127.0.0.1/dev --audiences authzen --jwks-uri https://id.example.com/jwks --tenant authzen
npx vouchsafe catalog apply --tenant authzen -f examples/authzen/catalog.yaml
npx vouchsafe subject create --identities '{"issuer":"http://127.0.0.1/dev","subject":"alice"}' --tenant authzen
bob=$(npx vouchsafe subject create --identities '{"issuer":"http://127.0.0.1/dev","subject":"bob"}' --tenant authzen --json | grep -o 'sub_[0-9a-f-]*')
npx vouchsafe subject set-fact "$bob" --key role --value '"admin"' --tenant authzen
npx vouchsafe grant writer --plan --to alice --tenant authzen
npx vouchsafe grant reader --plan --to bob --tenant authzen
