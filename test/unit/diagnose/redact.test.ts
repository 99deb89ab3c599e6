import assert from "node:assert/strict";
import fc from "fast-check";
import { redact, REDACTED } from "../../../cli/diagnose/redact";

const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDplantedplantedplantedplantedplantedplantedplantedplantedA==
-----END OPENSSH PRIVATE KEY-----`;
const PLANTED = "pLanted-9f3b";

describe("redaction", () => {
  const cases: Readonly<Record<string, string>> = {
    "a private key": KEY,
    "a private key in JSON": JSON.stringify({ file: KEY }),
    "a private key whose end is cut off": KEY.slice(0, 130),
    "a private key whose beginning is cut off": KEY.slice(60),
    "a join token": `docker swarm join --token SWMTKN-1-${PLANTED}-abc 10.0.0.1:2377`,
    "an unlock key": `SWMKEY-1-${PLANTED}+/x`,
    "an environment variable": `DB_PASSWORD=${PLANTED}`,
    "an environment variable with blanks": `export DB_PASSWORD=a b ${PLANTED}`,
    "an environment variable in a list": JSON.stringify({ Env: [`DB_PASSWORD=a "b" ${PLANTED}`] }),
    "a quoted variable": `time=now msg="x" api_key="with blanks ${PLANTED}" level=info`,
    "a single-quoted variable": `run SECRET='with blanks ${PLANTED}' now`,
    JSON: `{"registryPassword": "a \\"quoted\\" ${PLANTED}", "b": 1}`,
    "JSON in JSON": JSON.stringify(JSON.stringify({ password: `x "y" ${PLANTED}` })),
    "JSON in JSON in JSON": JSON.stringify(JSON.stringify(JSON.stringify({ password: PLANTED }))),
    YAML: `http:\n  secret: ${PLANTED}\n`,
    "YAML with blanks": `  passphrase: correct horse ${PLANTED}\n`,
    "a flag": `mysqld --password ${PLANTED} --port 1`,
    "a flag with =": `mysqld --root-password=${PLANTED}`,
    "a flag in a list": JSON.stringify(["mysqld", "--password", PLANTED]),
    "an Authorization header": `Authorization: Basic ${Buffer.from(`user:${PLANTED}`).toString("base64")}`,
    "a header inside a line": `req headers: authorization: Bearer ${PLANTED} accept: */*`,
    "basic auth by itself": `got Basic ${Buffer.from(`user:${PLANTED}`).toString("base64")} from 10.0.0.1`,
    "a cookie": `Set-Cookie: session=${PLANTED}; Path=/`,
    "a URL": `pull https://user:${PLANTED}@registry.example.com/v2/`,
    "a URL with an @ in the password": `proxy http://user:x@${PLANTED}@proxy.example.com:3128`,
    "a URL with an @ in the user": `proxy http://me@corp:x@${PLANTED}@proxy.example.com:3128`,
    "a step's data": `given=(['a']='b' ['credentials.DNS_TOKEN']='it'\\''s ${PLANTED}' ['c']='d')`,
    "a URL's query": `GET /callback?access_token=${PLANTED}&x=1`,
    "a bcrypt hash": "admin:$2y$05$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV0123456789.",
    "a bcrypt hash in a compose file": "users=admin:$$2y$$05$$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV0123456789",
    "an Apache hash": "admin:$apr1$abcdefgh$0123456789abcdefghijkl",
    "a SHA hash": "admin:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    "AWS's key id": "found AKIAIOSFODNN7EXAMPLE in it",
    "AWS's secret key": `aws_secret_access_key = ${PLANTED}/K7MDENG/bPxRfiCYEXAMPLEKEY`,
    "AWS's session token": `{"SessionToken":"${PLANTED}"}`,
    "a JSON web token": "using eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123",
    "a token of GitHub": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "a config value that Pulumi has encrypted": "  secure: v1:abcdefgh12345678:qwertyuiop1234567890",
  };
  const NEVER = [
    PLANTED,
    "plantedplanted",
    "b3BlbnNzaC1rZXk",
    "abcdefghijklmnopqrstuv",
    "0123456789abcdefghijkl",
    "W6ph5Mm5Pz8",
    "AKIAIOSF",
    "eyJzdWIi",
    "v1:abcdefgh",
    Buffer.from(`user:${PLANTED}`).toString("base64"),
  ];

  for (const [what, text] of Object.entries(cases)) {
    it(`removes ${what}`, () => {
      for (const padded of [text, `before\n${text}\nafter`, `2030-01-02T03:04:05Z ${text}`]) {
        const clean = redact(padded);
        assert.ok(clean.includes(REDACTED), clean);
        for (const secret of NEVER) assert.ok(!clean.includes(secret), `${secret} is left in: ${clean}`);
      }
    });
  }

  it("leaves what a diagnosis needs", () => {
    const texts = [
      "manager-1 is Down since 03:04:05 UTC, heartbeat failure",
      'level=error msg="Handler for POST /swarm/join returned error: rpc error: code = Unavailable"',
      '"SecretName": "db-password-1", "SecretID": "abc"',
      '"Image": "registry.swarm.localhost:25000/app:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"',
      "https://registry.example.com:5000/v2/",
      "ssh://git@example.com:22/path",
      "http://a.example.com:80/ and mail to x@example.com",
      "author: someone",
      "PasswordAuthentication: none",
      "tokens: 3",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ];
    for (const text of texts) assert.equal(redact(text), text);
  });

  it("removes known secrets by value, wherever they stand", () => {
    assert.equal(redact(`odd(${PLANTED})`, [PLANTED]), `odd(${REDACTED})`);
  });

  it("changes nothing the second time", () => {
    for (const text of Object.values(cases)) assert.equal(redact(redact(text)), redact(text));
  });

  it("takes time in proportion to the text", function () {
    this.timeout(20_000);
    const hostile = [
      "a".repeat(300_000),
      `${"x_".repeat(100_000)}=`,
      `"${"\\".repeat(200_000)}`,
      "A1b2".repeat(80_000),
      "a://".repeat(80_000),
      `a://u:${":@".repeat(150_000)}`,
      "a://u:@".repeat(50_000),
      "['token']=''\\''".repeat(30_000),
    ];
    for (const text of [...hostile, "-----BEGIN PRIVATE KEY-----".repeat(5000), "password: ".repeat(30_000)]) {
      const begun = Date.now();
      redact(text);
      assert.ok(Date.now() - begun < 3000, `${text.slice(0, 30)}… took ${String(Date.now() - begun)} ms`);
    }
  });

  it("leaves no environment variable with a secret's name, whatever its value", () => {
    const value = fc.stringMatching(/^[A-Za-z0-9+/._~!@%^*#-]{8,40}$/).filter((text) => /[a-z]/i.test(text));
    const name = fc.constantFrom("PASSWORD", "DB_PASS", "API_KEY", "MY_SECRET_2", "github.token", "client-secret");
    fc.assert(
      fc.property(name, value, (key, secret) => {
        const forms = [
          `${key}=${secret}`,
          JSON.stringify({ [key]: secret }),
          JSON.stringify([`${key}=${secret}`]),
          `${key}: ${secret}`,
          `--${key} x${secret}`,
        ];
        for (const form of forms) assert.ok(!redact(form).includes(secret), redact(form));
      }),
    );
  });
});
