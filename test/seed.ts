// A change is judged by the same examples as the one before it; the nightly run looks for new ones, and says its seed.
import fc from 'fast-check'

const { TEST_SEED = '20261121' } = process.env
const seed = TEST_SEED === 'random' ? Date.now() % 2 ** 31 : Number(TEST_SEED)
if (TEST_SEED === 'random') process.stderr.write(`TEST_SEED=${seed}\n`)
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
