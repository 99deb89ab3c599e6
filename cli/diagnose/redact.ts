/** Removes secrets from texts that leave the cluster: by their form, by the name in front of them, and by value. Pure. */

/** What takes a secret's place. */
export const REDACTED = "[redacted]";

/** Longest part of a name in front of the word that makes it a secret's. A limit keeps the search linear. */
const PREFIX = 60;

/** Words that make a value secret whose name holds them. */
const WORDS = [
  "passw(?:or)?d",
  "passphrase",
  "passcode",
  "pass(?![a-z])",
  "pwd(?![a-z])",
  "secret",
  "token",
  "(?:api|access|account|private|encryption|signing|unlock|client|license|master)[_-]?key(?!s?[_-]?id)",
  "credential",
  "auth(?![a-z])",
  "authorization",
  "cookie",
  "htpasswd",
  "basicauth",
  "digestauth",
].join("|");
const BODY = `[\\w.$-]{0,${String(PREFIX)}}?(?:${WORDS})[\\w.\\[\\]-]{0,${String(PREFIX)}}`;
const NAME = `(?<![\\w.$-])${BODY}`;

/** Names that hold a secret's word and no secret: Docker's references to secrets. */
const PUBLIC_NAME = /^(?:SecretName|SecretID)$/;
/** Values that are no secret, whatever their name is. */
const HARMLESS = /^(?:(?:true|false|null|none|nil|undefined|\d{1,6}|\[|\{|\||>-?)?$|\[redacted\])/i;

const PRIVATE_KEY = "[A-Z0-9 ]{0,40}PRIVATE KEY-----";

/** Secrets by their form alone. */
const FORMS: readonly RegExp[] = [
  new RegExp(`-----BEGIN ${PRIVATE_KEY}[\\s\\S]{0,20000}?-----END ${PRIVATE_KEY}`, "g"),
  // A log that was cut off has one end only.
  new RegExp(`-----BEGIN ${PRIVATE_KEY}[A-Za-z0-9+/=\\s\\\\:,-]*`, "g"),
  /SWM(?:TKN|KEY)-[\w+/=-]+/g,
  /\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[0-9A-Z]{16}\b/g,
  // Hashes of passwords, also with the doubled $ of compose files.
  /\$\$?(?:2[abxy]?|apr1|1|5|6|7|y|gy|argon2\w{0,3}|scrypt|pbkdf2[\w-]{0,12})\$[^\s"',]{8,}/g,
  /\{S?SHA(?:256|512)?\}[A-Za-z0-9+/=]{16,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|pul-[0-9a-f]{40})/g,
  /\bv1:[A-Za-z0-9+/=]{8,}:[A-Za-z0-9+/=]{8,}/g,
];

/** A pattern whose match is its `before` group, a secret, and its `after` group. */
type Around = readonly [pattern: RegExp, name: boolean];

/** Secrets by what stands around them; `name`: a group `name` decides whether it is one. */
const AROUND: readonly Around[] = [
  // https://user:password@host, with an @ in either of them, too
  [/(?<before>\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:"']{0,200}:)(?<value>[^\s/"']{1,400})(?<after>@)/gi, false],
  [/(?<before>\b(?:Basic|Bearer|Digest)\s+)(?<value>(?![a-z]+\b)[A-Za-z0-9+/=._~-]{8,})(?<after>)/g, false],
  // "name": "value", and the same in a text within JSON.
  [new RegExp(`(?<before>["'](?<name>${NAME})["']\\s*[:=]\\s*")(?<value>(?:[^"\\\\]|\\\\.)*)(?<after>")`, "gi"), true],
  [new RegExp(`(?<before>["'](?<name>${NAME})["']\\s*[:=]\\s*')(?<value>[^'\\n]*)(?<after>')`, "gi"), true],
  [
    new RegExp(
      `(?<before>(?<slashes>\\\\{1,15})"(?<name>${NAME})\\k<slashes>"\\s*[:=]\\s*\\k<slashes>")(?<value>.*?)(?<after>(?<!\\\\)\\k<slashes>")`,
      "gi",
    ),
    true,
  ],
  // ['name']='value', a step's data (components/ssh/script.ts).
  [new RegExp(`(?<before>\\['(?<name>${NAME})'\\]=')(?<value>[^']*(?:'\\\\''[^']*)*)(?<after>')`, "gi"), true],
  // "NAME=value", an element of a list.
  [new RegExp(`(?<before>"(?<name>-{0,2}${NAME})=)(?<value>(?:[^"\\\\]|\\\\.)*)(?<after>")`, "gi"), true],
  // "--name", "value"
  [new RegExp(`(?<before>"--(?<name>${BODY})",\\s*")(?<value>(?:[^"\\\\]|\\\\.)*)(?<after>")`, "gi"), true],
  // A whole line: NAME=value, name: value, Name: value.
  [
    new RegExp(
      `(?<before>^(?:\\d{4}-\\d\\d-\\d\\dT\\S{1,40}[ \\t])?[ \\t]*(?:- )?(?:export )?(?<name>${NAME})[ \\t]*[:=][ \\t]*)(?<value>[^\\n]*)(?<after>)`,
      "gim",
    ),
    true,
  ],
  // Elsewhere: name=value, name="value", name: value.
  [
    new RegExp(
      `(?<before>(?<name>${NAME})\\s?(?:=|:)[ \\t]?)(?<value>"(?:[^"\\\\]|\\\\.)*"|'[^'\\n]*'|(?:(?:Basic|Bearer|Digest)\\s+)?[^\\s"']+)(?<after>)`,
      "gi",
    ),
    true,
  ],
  // --name value
  [new RegExp(`(?<before>(?<![\\w.$-])--(?<name>${BODY})[ \\t]+)(?<value>[^\\s"'-][^\\s"']*)(?<after>)`, "gi"), true],
];

/** The groups of a match of {@link AROUND}. */
interface Groups {
  readonly before: string;
  readonly name?: string;
  readonly value: string;
  readonly after: string;
}

/**
 * A text without secrets.
 *
 * @param known secrets to remove by value (known-secrets.ts) @default none
 */
export function redact(text: string, known: readonly string[] = []): string {
  let clean = text;
  for (const secret of known) if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
  for (const form of FORMS) clean = clean.replace(form, REDACTED);
  clean = withoutKeyEnds(clean);
  for (const [pattern, named] of AROUND) {
    clean = clean.replace(pattern, (...match: unknown[]) => {
      const { before, name = "", value, after } = match.at(-1) as Groups;
      return isSecret(value, named ? name : undefined) ? `${before}${REDACTED}${after}` : `${before}${value}${after}`;
    });
  }
  return clean;
}

/** Removes ends of private keys whose beginning was cut off, as at the top of a log. */
function withoutKeyEnds(text: string): string {
  const end = new RegExp(`-----END ${PRIVATE_KEY}`);
  let clean = text;
  for (let found = end.exec(clean); found !== null; found = end.exec(clean)) {
    let from = found.index;
    while (from > 0 && found.index - from < 20_000 && /[A-Za-z0-9+/=\s\\]/.test(clean.charAt(from - 1))) from--;
    clean = `${clean.slice(0, from)}${REDACTED}${clean.slice(found.index + found[0].length)}`;
  }
  return clean;
}

/** The secrets that {@link redact} would find in a text by their form and their names. Pure. */
export function secretsOf(text: string): string[] {
  const byForm = FORMS.flatMap((form) => [...text.matchAll(form)].map(([found]) => found));
  const around = AROUND.flatMap(([pattern, named]) =>
    [...text.matchAll(pattern)].flatMap((match): string[] => {
      const { name, value } = match.groups as unknown as Groups;
      return isSecret(value, named ? name : undefined) ? [value.replace(/^(["'])(.*)\1$/s, "$2")] : [];
    }),
  );
  return [...byForm, ...around];
}

/** Whether the name in front of a value makes it secret. */
export function isSecretName(name: string): boolean {
  return !PUBLIC_NAME.test(name) && new RegExp(NAME, "i").test(name);
}

function isSecret(value: string, name: string | undefined): boolean {
  return !HARMLESS.test(value.trim()) && (name === undefined || !PUBLIC_NAME.test(name));
}
