import assert from "node:assert/strict";
import { IMAGES } from "../../../components/images";
import { unlessGone } from "../../../components/docker";
import { localImage, programsBase } from "../../../components/platform/local/image";
import type { ContainerFile } from "../../../components/platform/local/container-spec";
import { createHostImage, readHostImage } from "../../../components/platform/local/provider/host-image";
import type { ContainerState } from "../../../components/platform/local/provider/container-resource";
import {
  createRegistryImage,
  readRegistryImage,
  type RegistryImageInputs,
} from "../../../components/platform/local/provider/registry-image";
import { ensureProgramImages } from "../../../cli/workstation/program-images";
import { pause } from "../../support/pause";
import { freePort, Stack, until } from "./containers";

const USERNAME = "admin";
const PASSWORD = "s3cret-of-the-registry";
/** Of the password, by libxcrypt's crypt(3) with a fixed salt. */
const HASH = "$2b$05$abcdefghijklmnopqrstuuW1e3orFpi1hSyUIjjQsvB7886Cb.S5.";
const NAME = "registry.swarm.localhost";

const SETTINGS = `version: 0.1
storage:
  filesystem: { rootdirectory: /var/lib/registry }
http:
  addr: :5000
  tls: { certificate: /etc/registry/certificate.pem, key: /etc/registry/key.pem }
auth:
  htpasswd: { realm: test, path: /etc/registry/htpasswd }
`;

/** A host whose engine starts with it, and which has a registry's settings. */
const FILES: readonly ContainerFile[] = [
  { path: "/etc/swarm-ha/prepared", mode: "0644", content: "" },
  { path: "/etc/registry/config.yml", mode: "0644", content: SETTINGS },
  { path: "/etc/registry/htpasswd", mode: "0600", content: `${USERNAME}:${HASH}\n` },
  {
    path: "/root/.docker/config.json",
    mode: "0600",
    content: JSON.stringify({
      auths: { "127.0.0.1:5000": { auth: Buffer.from(`${USERNAME}:${PASSWORD}`).toString("base64") } },
    }),
  },
];

/** An authority of its own, and a certificate for the registry's name. */
const CERTIFICATES = `cd /etc/registry
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=registry -keyout key.pem -out request.pem
printf 'subjectAltName=DNS:${NAME}' >names
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out certificate.pem`;

describe("images on the local platform", () => {
  const stack = new Stack("swha-t-images", 4);
  const program = localImage(IMAGES.registry);
  let host: ContainerState;

  before(async () => {
    await stack.start();
    await ensureProgramImages(stack.engine);
  });
  after(() => stack.remove());

  const run = (...command: string[]): Promise<string> => stack.run(host.identity, ...command);
  const has = async (image: string): Promise<boolean> =>
    !(await run("docker", "image", "inspect", "-f", "{{.Id}}", image)).includes("exit code");
  const engineAnswers = (): Promise<void> =>
    until(60, async () => {
      const said = await run("docker", "info", "-f", "{{.ServerVersion}}");
      return said.includes("exit code") ? said : true;
    });

  describe("in a host's engine", () => {
    let port: number;
    before(async () => {
      port = await freePort();
      host = await stack.create("host", {
        address: stack.address(20),
        nested: true,
        files: [...stack.inputs("host").files, ...FILES],
        ports: [`${String(port)}:5000`],
      });
      await engineAnswers();
    });
    const of = (image: string): Parameters<typeof createHostImage>[0] => ({
      host: "host",
      identity: host.identity,
      image,
    });

    it("are given to it by this workstation, and seen there", async () => {
      assert.ok(!(await has(program)));
      assert.deepEqual(await readHostImage(of(program)), { kind: "gone" });
      const { outs } = await createHostImage(of(program));
      assert.ok(await has(program));
      assert.deepEqual(await readHostImage(outs), { kind: "there", state: outs });
    });

    it("that are there already stay: this workstation isn't asked for them", async () => {
      await run("docker", "tag", program, "only-there:1");
      await createHostImage(of("only-there:1"));
    });

    it("that this workstation doesn't have are an error that says what makes them", async () => {
      await assert.rejects(createHostImage(of("nobody/has:this")), /nobody\/has:this is not on this .*`npm start`/);
    });

    it("aren't known to be lost while the host's engine doesn't answer, and can't be given to it", async () => {
      await run("sv", "-w", "30", "force-stop", "/etc/service/docker");
      try {
        assert.equal((await readHostImage(of(program))).kind, "unknown");
        await assert.rejects(
          createHostImage(of(program)),
          /host's Docker engine can't load the image .*Cannot connect to the Docker daemon/,
        );
      } finally {
        await run("sv", "up", "/etc/service/docker");
      }
      await engineAnswers();
    });

    it("aren't known to be lost while the host is paused, and it is told as paused", async () => {
      const container = stack.engine.getContainer(host.identity);
      await pause(host.identity);
      try {
        assert.deepEqual(await readHostImage(of(program)), {
          kind: "unknown",
          who: "host",
          why: "its container is paused",
        });
        await assert.rejects(createHostImage(of(program)), /host is paused, .*`npm run repair -- swha-t-images`/);
      } finally {
        await container.unpause();
      }
    });

    it("aren't known to be lost while the host's engine hangs", async () => {
      await run("pkill", "-STOP", "-x", "dockerd");
      try {
        const seen = await readHostImage(of(program));
        assert.equal(seen.kind, "unknown");
        assert.match("why" in seen ? seen.why : "", /docker image inspect.* didn't end within/);
      } finally {
        await run("pkill", "-CONT", "-x", "dockerd");
      }
      await engineAnswers();
    });

    describe("and in the stack's registry", () => {
      const image = programsBase();
      let inputs: RegistryImageInputs;
      const serves = (): Promise<void> =>
        until(30, async () => {
          const said = await run("curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "https://127.0.0.1:5000/v2/");
          return said.trim() === "401" ? true : said;
        });

      before(async () => {
        await run("sh", "-ec", CERTIFICATES);
        const ca = (await run("cat", "/etc/registry/ca.pem")).replaceAll("\r", "");
        inputs = { registry: `${NAME}:${String(port)}`, image, ca, username: USERNAME, password: PASSWORD };
        const options = ["-d", "--name", "registry", "--network", "host", "-v", "/etc/registry:/etc/registry"];
        await run("docker", "run", ...options, program, "serve", "/etc/registry/config.yml");
        await serves();
      });

      it("are pushed to it, named with the digest that hosts pull them by", async () => {
        assert.deepEqual(await readRegistryImage({ ...inputs, reference: "" }), { kind: "gone" });
        const { outs } = await createRegistryImage(inputs);
        assert.match(outs.reference, new RegExp(`^${NAME}:${String(port)}/${image}@sha256:[0-9a-f]{64}$`));
        assert.deepEqual(await readRegistryImage(outs), { kind: "there", state: outs });
        const there = outs.reference.replace(/^[^/]+/, "127.0.0.1:5000");
        assert.doesNotMatch(await run("docker", "pull", "--quiet", there), /exit code/);
      });

      it("leave nothing on this workstation that bears the registry's name", async () => {
        const left = `127.0.0.1:${String(port)}/${image}`;
        assert.equal(await unlessGone(stack.engine.getImage(left).inspect()), undefined);
        assert.ok(await unlessGone(stack.engine.getImage(image).inspect()), "what it was pushed from is still there");
      });

      it("are not pushed to one that the authority doesn't vouch for, or that has another name", async () => {
        const other = (
          await run("sh", "-c", `${CERTIFICATES.split("\n")[1] ?? ""} 2>/dev/null; cat ca.pem`)
        ).replaceAll("\r", "");
        assert.match(other, /BEGIN CERTIFICATE/);
        await assert.rejects(
          createRegistryImage({ ...inputs, ca: other }, 2),
          /doesn't answer as it should within 2 s; seen last: .*(certificate|self.signed|verify)/i,
        );
        const renamed = `another.swarm.localhost:${String(port)}`;
        await assert.rejects(createRegistryImage({ ...inputs, registry: renamed }, 2), /altnames.*another\.swarm/s);
      });

      it("are refused with a wrong password, when a new one has had its time, and without showing it", async () => {
        const begun = Date.now();
        await assert.rejects(createRegistryImage({ ...inputs, password: "s3cret-but-wrong" }, 3), (error: Error) => {
          assert.match(error.message, /refuses the stack's own credentials \(HTTP 401\)/);
          assert.ok(!error.message.includes("s3cret"));
          return true;
        });
        assert.ok(Date.now() - begun > 3000);
      });

      it("that it has lost are found missing, and pushed again with the same digest", async () => {
        const { outs } = await createRegistryImage(inputs);
        await run("docker", "exec", "registry", "rm", "-rf", "/var/lib/registry/docker");
        await run("docker", "restart", "registry");
        await serves();
        assert.deepEqual(await readRegistryImage(outs), { kind: "gone" });
        assert.equal((await createRegistryImage(inputs)).outs.reference, outs.reference);
      });

      it("aren't known to be lost while it doesn't answer", async () => {
        const state = { ...inputs, reference: "as it was" };
        await run("docker", "stop", "-t", "1", "registry");
        assert.equal((await readRegistryImage(state)).kind, "unknown");
      });
    });

    describe("that is lost", () => {
      it("can't be had, and are gone with it", async () => {
        await stack.engine.getContainer(host.identity).kill();
        assert.equal((await readHostImage(of(program))).kind, "unknown");
        await assert.rejects(createHostImage(of(program)), /host is stopped, .*`npm run repair -- swha-t-images`/);
        await stack.delete(host);
        assert.deepEqual(await readHostImage(of(program)), { kind: "gone" });
        await assert.rejects(createHostImage(of(program)), /host is gone/);
      });
    });
  });
});
