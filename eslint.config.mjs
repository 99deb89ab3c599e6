import { readdirSync } from "node:fs";
import tseslint from "typescript-eslint";

const ONLY_THERE = "Only components/platform/aws may import @pulumi/aws.";
/** @pulumi/aws and what is in it, as a selector's regular expression (a slash can't be in one as such). */
const AWS = "/^@pulumi.aws(\\u002f|$)/";

/** Programs get a list of variables, not whatever the user has set. */
const LISTED = "Take the environment from cli/environment: it is a list of what goes in.";
const STARTS = "/^(spawn|spawnSync|exec|execSync|execFile|execFileSync|fork)$/";
const HAS_ENV = ":has(Property[key.name='env'])";
const ENVIRONMENT = [
  'SpreadElement[argument.object.name="process"][argument.property.name="env"]',
  'Property[key.name="env"][value.object.name="process"][value.property.name="env"]',
  `CallExpression[callee.name=${STARTS}]:not(${HAS_ENV})`,
  `CallExpression[callee.callee.name="promisify"][callee.arguments.0.name=${STARTS}]:not(${HAS_ENV})`,
  `VariableDeclarator > CallExpression[callee.name="promisify"][arguments.0.name=${STARTS}]`,
].map((selector) => ({ selector, message: LISTED }));
const AWS_ELSEWHERE = [
  { selector: `ImportExpression[source.value=${AWS}]`, message: ONLY_THERE },
  { selector: `CallExpression[callee.name="require"][arguments.0.value=${AWS}]`, message: ONLY_THERE },
];

/** What each folder may import from, of ours and besides itself. Nothing of the product imports dev/ or test/. */
const LAYERS = {
  plan: [],
  config: ["plan"],
  components: ["config", "plan"],
  // And cli/platform/facts: what the rules have to know of a platform.
  policy: ["config", "plan"],
  offline: [],
  // And offline/tls: how the state has keys and certificates.
  cli: ["policy", "components", "config", "plan"],
};
/** Files that a folder may import from another one that it doesn't stand on, as regular expressions of what it may not. */
const EXCEPTIONS = {
  "policy → cli": "cli(?!/platform/(facts|types)$)",
  "cli → offline": "offline(?!/tls/[a-z0-9-]+$)",
};
const FOLDERS = [...Object.keys(LAYERS), "dev", "test"];

/** Where a folder has those of the platforms, and the files there that hold a record of them. */
const SEAM = {
  plan: undefined,
  config: { place: "config/platforms", records: ["index"] },
  components: { place: "components/platform", records: ["index"] },
  cli: { place: "cli/platform", records: ["index", "facts"] },
  policy: undefined,
};
/** Programs, and lists of variables that programs get, are called the same; so is the stack that is meant when none is named. */
const OTHER_NAMES = [
  "CallExpression[callee.name=/^(environmentFor|findProgram)$/] > Literal",
  'VariableDeclarator[id.name="DEFAULT_STACK"] > Literal',
].join(", ");
/** Names of platforms that are common words, too: they are refused only where something is compared with them. */
const COMMON = ["hosts"];
const PLATFORMS = readdirSync(new URL(SEAM.config.place, import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const AWS_SDK = { group: ["@pulumi/aws", "@pulumi/aws/*"], message: ONLY_THERE };
const PULUMI = { regex: "^@pulumi/", message: "plan/ and config/ are plain logic: only config/load.ts knows Pulumi." };

/** Refuses imports of every folder that this one doesn't stand on. */
function upwards(folder) {
  const refused = FOLDERS.filter((other) => other !== folder && !LAYERS[folder].includes(other)).map(
    (other) => EXCEPTIONS[`${folder} → ${other}`] ?? other,
  );
  const message = `${folder}/ may import from ${LAYERS[folder].join(", ") || "nothing of ours"}: see the layers in eslint.config.mjs.`;
  return { regex: `^(\\.\\./)+(${refused.join("|")})(/|$)`, message };
}

/** Refuses what tells platforms apart by name, and imports from their folders. */
function namesOf(platforms) {
  const message =
    "Only a platform's own folders know its name: make what differs a member of the platform's interface.";
  const names = platforms.join("|");
  const only = (common) => platforms.filter((name) => COMMON.includes(name) === common).join("|");
  const compared = `:matches(BinaryExpression, SwitchCase, Property[key.name="platform"], CallExpression[callee.property.name=/^(includes|has)$/])`;
  return {
    syntax: [
      ...(only(false) === "" ? [] : [{ selector: `Literal[value=/^(${only(false)})$/]:not(${OTHER_NAMES})`, message }]),
      ...(only(true) === "" ? [] : [{ selector: `${compared} > Literal[value=/^(${only(true)})$/]`, message }]),
    ],
    // (The workstation's set-up has the same host image as the local platform.)
    imports:
      platforms.length === 0
        ? []
        : [
            {
              regex: `^(?!.*components/platform/local/image$)\\..*/(${names})(/|$)`,
              message,
            },
          ],
  };
}

/** The rules of one folder: its layer, and who may know which platform. */
function rulesOf(folder, platforms, { records = false } = {}) {
  const names = namesOf(folder in SEAM ? platforms : []);
  const sdk = folder === "components" && !platforms.includes("aws") ? [] : [AWS_SDK];
  const pulumi = ["plan", "config"].includes(folder) ? [PULUMI] : [];
  const patterns = [...sdk, ...pulumi, upwards(folder), ...(records ? [] : names.imports)];
  return {
    "no-restricted-imports": ["error", { patterns }],
    "no-restricted-syntax": [
      "error",
      ...(sdk.length === 0 ? [] : AWS_ELSEWHERE),
      ...(["offline", "policy"].includes(folder) ? [] : ENVIRONMENT),
      ...names.syntax,
    ],
  };
}

const folders = Object.keys(LAYERS).flatMap((folder) => {
  const { place, records } = SEAM[folder] ?? { records: [] };
  const own = place === undefined ? [] : PLATFORMS;
  return [
    { files: [`${folder}/**/*.ts`], rules: rulesOf(folder, PLATFORMS) },
    ...records.map((name) => ({
      files: [`${place}/${name}.ts`],
      rules: rulesOf(folder, PLATFORMS, { records: true }),
    })),
    ...own.map((name) => ({
      files: [`${place}/${name}/**/*.ts`],
      rules: rulesOf(
        folder,
        PLATFORMS.filter((other) => other !== name),
      ),
    })),
  ];
});

export default tseslint.config(
  { ignores: ["node_modules/**"] },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // The local stack must never pay for loading the AWS SDK: one folder may import it.
      "no-restricted-imports": ["error", { patterns: [AWS_SDK] }],
      "no-restricted-syntax": ["error", ...AWS_ELSEWHERE],
    },
  },
  { files: ["dev/**/*.ts"], rules: { "no-restricted-syntax": ["error", ...AWS_ELSEWHERE, ...ENVIRONMENT] } },
  ...folders,
  {
    files: ["index.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [AWS_SDK, { regex: "^\\./(dev|test)(/|$)", message: "The product doesn't import dev/ or test/." }],
        },
      ],
      "no-restricted-syntax": ["error", ...AWS_ELSEWHERE, ...namesOf(PLATFORMS).syntax],
    },
  },
  // The one place that pulls Pulumi's configuration in, and the one that makes environments.
  {
    files: ["config/load.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [AWS_SDK, upwards("config"), ...namesOf(PLATFORMS).imports] }],
    },
  },
  // Lists of variables by who gets them; the kit's plugins, which are called as the providers are.
  { files: ["cli/environment/**/*.ts"], rules: { "no-restricted-syntax": ["error", ...AWS_ELSEWHERE] } },
  { files: ["cli/pulumi/kit.ts"], rules: { "no-restricted-syntax": ["error", ...AWS_ELSEWHERE, ...ENVIRONMENT] } },
  // mocha's describe/it return nothing that could float.
  { files: ["test/**/*.ts"], rules: { "@typescript-eslint/no-unused-expressions": "off" } },
);
