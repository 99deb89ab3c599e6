/** For `npx mocha <files>`; `npm test` (dev/test.ts) sets each suite's own time limit. */
const SLOW = /test\/(e2e|long|rehearsal)\b/;

module.exports = {
  require: ["tsx/cjs"],
  extension: ["ts"],
  forbidOnly: process.env.CI !== undefined,
  timeout: process.argv.some((argument) => SLOW.test(argument)) ? 600_000 : 30_000,
  slow: 10_000,
};
