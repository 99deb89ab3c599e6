import assert from "node:assert/strict";
import {
  applicationListeners,
  loadBalancerSettings,
  managerListener,
  type Listener,
} from "../../../components/platform/haproxy";

const MEMBERS = [
  { name: "manager-1", address: "10.210.2.8" },
  { name: "manager-2", address: "10.210.4.9" },
];
const BASTION = "10.210.0.8";

function settings(listener: Partial<Listener> = {}): string {
  return loadBalancerSettings([{ ...managerListener(MEMBERS), ...listener }], BASTION);
}

/** The lines of one section, without their indentation. */
function section(text: string, head: string): string[] {
  const [, body] = text.split(`\n${head}\n`);
  return (
    (body ?? "")
      .split(/\n(?=\S)/)[0]
      ?.split("\n")
      .map((line) => line.trim()) ?? []
  );
}

describe("settings of a load balancer", () => {
  it("pass connections through to each member's port, and ask its health on another", () => {
    const lines = section(settings(), "listen port-2376");
    assert.ok(lines.includes("server manager-1 10.210.2.8:2376"));
    assert.ok(lines.includes("server manager-2 10.210.4.9:2376"));
    assert.ok(lines.includes("option httpchk GET /health"));
    assert.ok(lines.includes("http-check expect status 200"));
    assert.ok(
      lines.includes(
        "default-server check port 8380 inter 5s fastinter 2s downinter 2s fall 2 rise 3 on-marked-down shutdown-sessions",
      ),
      lines.join("\n"),
    );
  });

  it("have a dead member out after the 13 s that everybody counts on: a check's rest, two attempts, and what is between", () => {
    const text = settings();
    const seconds = (word: string): number => Number(new RegExp(` ${word} (\\d+)s`).exec(text)?.[1]);
    const dead = seconds("timeout connect");
    assert.equal(seconds("inter") + dead + seconds("fastinter") + dead, 13);
  });

  it("never retry: that is the client's part, as it is behind a cloud's", () => {
    assert.match(settings(), /^ {2}mode tcp$/m);
    assert.match(settings(), /^ {2}retries 0$/m);
    assert.doesNotMatch(settings(), /redispatch/);
  });

  it("tell the members' state to the bastion alone", () => {
    const lines = section(settings(), "frontend stats");
    assert.ok(lines.includes("bind :8404"));
    assert.ok(lines.includes(`http-request deny unless { src ${BASTION} }`));
    assert.ok(!lines.some((line) => line.includes("stats admin")));
  });

  it("ask over TLS without a look at the certificate where the check is https", () => {
    const text = settings({ port: 5000, check: { kind: "https", port: 5000, path: "/v2/", status: 401 } });
    const lines = section(text, "listen port-5000");
    assert.ok(lines.some((line) => line.startsWith("default-server ") && line.endsWith(" check-ssl verify none")));
    assert.ok(lines.includes("http-check expect status 401"));
  });

  it("cut nobody off at the ingress when a replica says that it goes, unlike at the other tiers", () => {
    const text = loadBalancerSettings([...applicationListeners(MEMBERS), managerListener(MEMBERS)], BASTION);
    for (const port of [80, 443]) {
      const lines = section(text, `listen port-${String(port)}`);
      assert.ok(lines.includes("http-check expect status 200"));
      assert.ok(lines.includes("http-check disable-on-404"));
    }
    assert.ok(!section(text, "listen port-2376").includes("http-check disable-on-404"));
  });

  it("send the client's address by PROXY protocol only where that is asked for, to checks only on the same port", () => {
    assert.doesNotMatch(settings(), /send-proxy/);
    const own = settings({ proxyProtocol: true });
    assert.match(own, / send-proxy-v2$/m);
    assert.doesNotMatch(own, /check-send-proxy/);
    const same = settings({ proxyProtocol: true, port: 443, check: { port: 443, path: "/ping" } });
    assert.match(same, / send-proxy-v2 check-send-proxy$/m);
    const mapped = settings({ proxyProtocol: true, port: 443, memberPort: 8443, check: { port: 8443, path: "/ping" } });
    assert.match(mapped, / send-proxy-v2 check-send-proxy$/m);
    assert.match(mapped, /^ {2}server manager-1 10\.210\.2\.8:8443$/m);
  });

  it("have a section for each listener, and none of its servers where it has no members", () => {
    const check = { port: 8380, path: "/health" };
    const text = loadBalancerSettings(
      [
        { port: 80, members: MEMBERS, check },
        { port: 443, members: [], check },
      ],
      BASTION,
    );
    assert.equal(section(text, "listen port-80").filter((line) => line.startsWith("server ")).length, 2);
    assert.equal(section(text, "listen port-443").filter((line) => line.startsWith("server ")).length, 0);
  });
});
