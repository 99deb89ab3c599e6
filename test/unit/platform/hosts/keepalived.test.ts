import assert from "node:assert/strict";
import fc from "fast-check";
import {
  INTERFACE,
  keepalivedSettings,
  routerIds,
  type VirtualAddress,
} from "../../../../components/platform/hosts/keepalived";

const address = fc.ipV4();

/** Virtual addresses of some sets of hosts, with at least one host each. */
const virtualAddresses = fc
  .uniqueArray(address, { minLength: 2, maxLength: 12 })
  .chain((all) =>
    fc.tuple(
      fc.constant(
        all.slice(0, Math.ceil(all.length / 2)).map((own, i) => ({ name: `lb-${String(i + 1)}`, address: own })),
      ),
      fc.constant(all.slice(Math.ceil(all.length / 2))),
    ),
  )
  .chain(([hosts, addresses]) =>
    fc.tuple(
      ...addresses.map((virtual) =>
        fc.shuffledSubarray(hosts, { minLength: 1 }).map((own): VirtualAddress => ({ address: virtual, hosts: own })),
      ),
    ),
  );

/** The instances in a host's settings: their text by virtual address. */
function instances(text: string): Map<string, string> {
  const found = text.split(/^(?=vrrp_instance )/m).slice(1);
  return new Map(found.map((each) => [/virtual_ipaddress \{\s+(\S+)\/32/.exec(each)?.[1] ?? "", each]));
}

function setting(text: string | undefined, key: string): string {
  return new RegExp(`^ *${key} (\\S+)$`, "m").exec(text ?? "")?.[1] ?? "";
}

describe("keepalived's settings", () => {
  it("number the virtual addresses of a stack from 1 to 255, each once, in whatever order they come", () => {
    fc.assert(
      fc.property(fc.uniqueArray(address, { minLength: 1, maxLength: 255 }), (all) => {
        const ids = routerIds(all);
        assert.equal(new Set(ids.values()).size, all.length);
        for (const id of ids.values()) assert.ok(Number.isInteger(id) && id >= 1 && id <= 255, String(id));
        assert.deepEqual(new Map([...routerIds([...all].reverse())].sort()), new Map([...ids].sort()));
      }),
    );
    assert.equal(routerIds(["10.0.0.100"]).get("10.0.0.100"), 100);
    assert.equal(routerIds(["10.0.1.0"]).get("10.0.1.0"), 255);
    assert.deepEqual(
      [...routerIds(["10.0.1.7", "10.0.0.7"]).entries()],
      [
        ["10.0.0.7", 7],
        ["10.0.1.7", 8],
      ],
    );
  });

  it("have the hosts of an address agree: one number, different priorities in their order, and each other as only peers", () => {
    fc.assert(
      fc.property(virtualAddresses, (all) => {
        for (const { address: virtual, hosts } of all) {
          if (hosts.length === 1) continue;
          const texts = hosts.map(({ name }) => instances(keepalivedSettings(name, all)).get(virtual));
          assert.equal(new Set(texts.map((text) => setting(text, "virtual_router_id"))).size, 1);
          const priorities = texts.map((text) => Number(setting(text, "priority")));
          assert.deepEqual(
            priorities,
            [...new Set(priorities)].sort((a, b) => b - a),
          );
          assert.ok(priorities.every((priority) => priority >= 1 && priority <= 254));
          hosts.forEach((own, i) => {
            assert.equal(setting(texts[i], "unicast_src_ip"), own.address);
            const peers = /unicast_peer \{([^}]*)\}/
              .exec(texts[i] ?? "")?.[1]
              ?.trim()
              .split(/\s+/);
            assert.deepEqual(
              peers,
              hosts.filter((other) => other !== own).map((other) => other.address),
            );
          });
        }
      }),
    );
  });

  it("give a host the addresses that it can have, and no other", () => {
    fc.assert(
      fc.property(virtualAddresses, (all) => {
        for (const name of new Set(all.flatMap(({ hosts }) => hosts.map((host) => host.name)))) {
          const own = all.filter(({ hosts }) => hosts.some((host) => host.name === name));
          const text = keepalivedSettings(name, all);
          assert.deepEqual(
            [...instances(text).keys()],
            own.filter(({ hosts }) => hosts.length > 1).map(({ address: virtual }) => virtual),
          );
          const alone = [...text.matchAll(/^ {2}(\S+)\/32 dev /gm)].map(([, virtual]) => virtual);
          assert.deepEqual(
            alone,
            own.filter(({ hosts }) => hosts.length === 1).map(({ address: virtual }) => virtual),
          );
        }
      }),
    );
  });

  it("never take an address back, and give it away where HAProxy doesn't answer", () => {
    const hosts = [
      { name: "lb-1", address: "10.0.0.11" },
      { name: "lb-2", address: "10.0.0.12" },
    ];
    const text = keepalivedSettings("lb-2", [{ address: "10.0.0.100", hosts }]);
    for (const line of ["state BACKUP", "nopreempt", "advert_int 1", `interface ${INTERFACE}`, "track_script {"])
      assert.ok(text.includes(`  ${line}\n`), line);
    // With a weight, a failed check only lowers the priority, which `nopreempt` makes the peers ignore.
    assert.doesNotMatch(text, /weight/);
    assert.match(text, /script_user root/);
    assert.match(text, /enable_script_security/);
    assert.doesNotMatch(text, /auth_pass/);
  });
});
