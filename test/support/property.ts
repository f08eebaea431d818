// fast-check with one seed for every run: what is red is red again, and what was green stays green until the code changes.
// `LIENTHONG_TEST_SEED=random npm test` (or a number) looks elsewhere; the seed is printed with what it found.
import fc from 'fast-check'

const given = process.env['LIENTHONG_TEST_SEED'] ?? '20260316'
if (given !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(given) })

export default fc
