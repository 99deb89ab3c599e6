// @ts-check
/** An error that a person can act on: its message says what is wrong, what was seen, and the remedy; no stack is shown. */
class UserError extends Error {
  /** @override */
  name = "UserError";
}

module.exports = { UserError };
