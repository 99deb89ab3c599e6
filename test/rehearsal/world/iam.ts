/** Roles, their inline policies, and instance profiles. IAM isn't regional. */
import { z } from "zod";
import type { Cloud } from "./cloud";
import { isRefusal, refusals } from "./errors";
import { newCode } from "./ids";
import type { Fields, Kind, Kinds } from "./kind";
import { parsePolicy, type PolicyDocument } from "./policy";
import type { Kept } from "./state";
import { tagsOf } from "./tags";

/** A policy and when it begins to count, real milliseconds since 1970. */
export interface InlinePolicy {
  readonly document: PolicyDocument;
  readonly text: string;
  readonly counts: number;
}

/** A role, by its name. */
export interface Role extends Kept {
  readonly name: string;
  readonly uniqueId: string;
  trust: PolicyDocument;
  readonly policies: Map<string, InlinePolicy>;
}

/** An instance profile, by its name. */
export interface InstanceProfile extends Kept {
  readonly name: string;
  readonly uniqueId: string;
  /** Name of its role. */
  role?: string | undefined;
  /** From when EC2 sees it, real milliseconds since 1970. */
  visible: number;
}

const refuse = refusals("IAM");

const arn = (cloud: Cloud, resource: string): string => `arn:aws:iam::${cloud.account}:${resource}`;

function document(operation: string, text: string): PolicyDocument {
  try {
    return parsePolicy(text);
  } catch (error) {
    throw refuse(operation, "MalformedPolicyDocument", `Syntax errors in policy. (${String(error)})`);
  }
}

function needRole(cloud: Cloud, operation: string, name: string): Role {
  const role = cloud.state.roles.get(name);
  if (role === undefined) throw refuse(operation, "NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
  return role;
}

function roleKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const outputs = (role: Role): Fields => ({ arn: role.arn, name: role.name, uniqueId: role.uniqueId });
  const inputsOf = z.object({ name: z.string(), assumeRolePolicy: z.string() });
  return {
    create(fields) {
      const { name, assumeRolePolicy } = inputsOf.parse(fields);
      const operation = "CreateRole";
      if (state.roles.has(name))
        throw refuse(operation, "EntityAlreadyExists", `Role with name ${name} already exists.`, 409);
      const role: Role = {
        id: name,
        arn: arn(cloud, `role/${name}`),
        tags: tagsOf(fields),
        name,
        uniqueId: newCode("AROA", 17),
        trust: document(operation, assumeRolePolicy),
        policies: new Map(),
      };
      state.roles.set(name, role);
      return Promise.resolve({ id: name, outputs: outputs(role) });
    },
    read(id) {
      const role = state.roles.get(id);
      return role && outputs(role);
    },
    update(id, fields) {
      const role = needRole(cloud, "UpdateAssumeRolePolicy", id);
      role.trust = document("UpdateAssumeRolePolicy", inputsOf.parse(fields).assumeRolePolicy);
      role.tags = tagsOf(fields);
      return Promise.resolve(outputs(role));
    },
    // internal/service/iam/role.go takes it out of instance profiles first, and retries DeleteConflict for 2 minutes.
    delete(id) {
      for (const profile of state.profiles.values()) if (profile.role === id) profile.role = undefined;
      return clock.retry(
        120,
        (error) => isRefusal(error, "DeleteConflict"),
        () => {
          if ((state.roles.get(id)?.policies.size ?? 0) > 0)
            throw refuse("DeleteRole", "DeleteConflict", "Cannot delete entity, must delete policies first.", 409);
          state.forget(state.roles, id);
        },
      );
    },
  };
}

function policyKind(cloud: Cloud): Kind {
  const { state, clock, faults } = cloud;
  const inputsOf = z.object({ name: z.string(), role: z.string(), policy: z.string() });
  const put = (fields: Fields): string => {
    const { name, role, policy } = inputsOf.parse(fields);
    const operation = "PutRolePolicy";
    const found = needRole(cloud, operation, role);
    const parsed = document(operation, policy);
    found.policies.set(name, { document: parsed, text: policy, counts: clock.after(faults.policyDelay) });
    return `${role}:${name}`;
  };
  const find = (id: string): InlinePolicy | undefined => {
    const [role = "", name = ""] = id.split(":");
    return state.roles.get(role)?.policies.get(name);
  };
  return {
    create: (fields) => Promise.resolve({ id: put(fields), outputs: { name: fields["name"] } }),
    read(id) {
      const policy = find(id);
      return policy && { policy: policy.text };
    },
    update(_id, fields) {
      put(fields);
      return Promise.resolve({});
    },
    delete(id) {
      const [role = "", name = ""] = id.split(":");
      state.roles.get(role)?.policies.delete(name);
      return Promise.resolve();
    },
  };
}

function profileKind(cloud: Cloud): Kind {
  const { state, clock, faults } = cloud;
  const outputs = (profile: InstanceProfile): Fields => ({
    arn: profile.arn,
    name: profile.name,
    uniqueId: profile.uniqueId,
  });
  const inputsOf = z.object({ name: z.string(), role: z.string().optional() });
  return {
    create(fields) {
      const { name, role } = inputsOf.parse(fields);
      const operation = "CreateInstanceProfile";
      if (state.profiles.has(name))
        throw refuse(operation, "EntityAlreadyExists", `Instance Profile ${name} already exists.`, 409);
      if (role !== undefined) needRole(cloud, "AddRoleToInstanceProfile", role);
      const profile: InstanceProfile = {
        id: name,
        arn: arn(cloud, `instance-profile/${name}`),
        tags: tagsOf(fields),
        name,
        uniqueId: newCode("AIPA", 17),
        role,
        visible: clock.after(faults.profileDelay),
      };
      state.profiles.set(name, profile);
      return Promise.resolve({ id: name, outputs: outputs(profile) });
    },
    read(id) {
      const profile = state.profiles.get(id);
      return profile && outputs(profile);
    },
    update(id, fields) {
      const profile = state.profiles.get(id);
      if (profile === undefined)
        throw refuse("AddRoleToInstanceProfile", "NoSuchEntity", `Instance Profile ${id} cannot be found.`, 404);
      const { role } = inputsOf.parse(fields);
      if (role !== undefined) needRole(cloud, "AddRoleToInstanceProfile", role);
      profile.role = role;
      profile.tags = tagsOf(fields);
      return Promise.resolve(outputs(profile));
    },
    // internal/service/iam/instance_profile.go takes the role out of it first.
    delete(id) {
      state.forget(state.profiles, id);
      return Promise.resolve();
    },
  };
}

/** The kinds of this file. */
export function iamKinds(cloud: Cloud): Kinds {
  return {
    "iam/role:Role": roleKind(cloud),
    "iam/rolePolicy:RolePolicy": policyKind(cloud),
    "iam/instanceProfile:InstanceProfile": profileKind(cloud),
  };
}
