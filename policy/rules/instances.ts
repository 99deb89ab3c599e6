import { instanceTypeTokens } from "../instance";
import { listAt, UNKNOWN, valueAt } from "../planned";
import { INSTANCE } from "./ec2";
import { eachOf, type Rule } from "./rule";

/** Rules about instances. */
export const instanceRules: readonly Rule[] = [
  {
    name: "imds-v2",
    description: "The metadata service accepts version 2 only, with one hop: no container gets its host's role.",
    check: eachOf([INSTANCE, "aws:ec2/launchTemplate:LaunchTemplate"], ({ inputs }) => {
      const options = valueAt(inputs, "metadataOptions");
      const tokens = valueAt(options, "httpTokens");
      const hops = valueAt(options, "httpPutResponseHopLimit");
      return [
        ...(tokens === "required" || tokens === UNKNOWN ? [] : ["metadataOptions.httpTokens has to be required"]),
        ...(hops === 1 || hops === UNKNOWN ? [] : ["metadataOptions.httpPutResponseHopLimit has to be 1"]),
      ];
    }),
  },
  {
    name: "encrypted-volumes",
    description: "Volumes are encrypted, and deleted with their host.",
    check: eachOf([INSTANCE, "aws:ebs/volume:Volume"], ({ type, inputs }) => {
      if (type !== INSTANCE) return isTrue(inputs, "encrypted") ? [] : ["encrypted has to be true"];
      const volumes = [["rootBlockDevice"], ...listAt(inputs, "ebsBlockDevices").map((_, i) => ["ebsBlockDevices", i])];
      return volumes.flatMap((path) => [
        ...(isTrue(inputs, ...path, "encrypted") ? [] : [`${path.join(".")}.encrypted has to be true`]),
        // AWS's own default is true for both.
        ...(valueAt(inputs, ...path, "deleteOnTermination") === false
          ? [`${path.join(".")}.deleteOnTermination has to be true: Raft state that comes back hangs its node`]
          : []),
      ]);
    }),
  },
  {
    name: "no-secret-user-data",
    description: "User data contains no key: every program on the host can read it.",
    check: eachOf([INSTANCE], ({ inputs }) =>
      ["userData", "userDataBase64"].flatMap((key) => {
        const value = valueAt(inputs, key);
        const texts = typeof value === "string" ? [value, Buffer.from(value, "base64").toString("latin1")] : [];
        return texts.some((text) => /PRIVATE KEY-----|SWMTKN-1-/.test(text))
          ? [`${key} holds a key or a join token`]
          : [];
      }),
    ),
  },
  {
    name: "hosts-never-protected",
    description: "Hosts are never protected, so that they can be replaced at any time.",
    check: eachOf(instanceTypeTokens, ({ protect, inputs }) => [
      ...(protect ? ["a host can't be protected: nobody could repair the cluster"] : []),
      ...(valueAt(inputs, "disableApiTermination") === true ? ["disableApiTermination has to be left out"] : []),
    ]),
  },
];

/** True, or not known yet. */
function isTrue(value: unknown, ...path: readonly (string | number)[]): boolean {
  const found = valueAt(value, ...path);
  return found === true || found === UNKNOWN;
}
