/** Provider of the resource of ./login-in-use.ts, loaded by name at run time. */
import type * as pulumi from "@pulumi/pulumi";

/** The public keys of both logins, in the order of `USERNAMES`. */
export interface LoginInputs {
  readonly first: string;
  readonly second: string;
}

/** What the state stores. */
export interface LoginState extends LoginInputs {
  /** Whether the second login is the one in use. */
  readonly secondInUse: boolean;
}

/**
 * When the login in use gets a new key, the other one is in use from then on: it has been accepted all the time. When both get
 * new keys at once, or the one that isn't in use, nothing changes.
 */
export function nextLogin(old: LoginState, inputs: LoginInputs): LoginState {
  const first = old.first !== inputs.first;
  const second = old.second !== inputs.second;
  const turns = old.secondInUse ? second && !first : first && !second;
  return { ...inputs, secondInUse: turns ? !old.secondInUse : old.secondInUse };
}

/** The resource only stores which login is in use. */
export const loginInUse: pulumi.dynamic.ResourceProvider = {
  diff: (_id, old: LoginState, inputs: LoginInputs) =>
    Promise.resolve({ changes: old.first !== inputs.first || old.second !== inputs.second }),
  create: (inputs: LoginInputs) => Promise.resolve({ id: "login", outs: { ...inputs, secondInUse: false } }),
  update: (_id, old: LoginState, inputs: LoginInputs) => Promise.resolve({ outs: nextLogin(old, inputs) }),
};
