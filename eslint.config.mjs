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

/** Who asks a platform goes through cli/platform: a further one is a folder there, and a line in each of two records. */
const SEAM = "Only cli/platform/<name> knows a platform by its name: ask platformOf() or factsOf() of cli/platform.";
/** Programs, and lists of variables that programs get, are called the same; so is the stack that is meant when none is named. */
const OTHER_NAMES = [
  "CallExpression[callee.name=/^(environmentFor|findProgram)$/] > Literal",
  'VariableDeclarator[id.name="DEFAULT_STACK"] > Literal',
].join(", ");
const NAMES_PLATFORM = [{ selector: `Literal[value=/^(aws|local)$/]:not(${OTHER_NAMES})`, message: SEAM }];
const PLATFORM_FOLDERS = { regex: "^(?!.*components/).*platform/(aws|local)(/|$)", message: SEAM };

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
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@pulumi/aws", "@pulumi/aws/*"], message: ONLY_THERE }] },
      ],
      "no-restricted-syntax": ["error", ...AWS_ELSEWHERE],
    },
  },
  {
    files: ["cli/**/*.ts", "dev/**/*.ts", "components/**/*.ts", "config/**/*.ts", "plan/**/*.ts"],
    ignores: ["cli/environment/**"],
    rules: { "no-restricted-syntax": ["error", ...AWS_ELSEWHERE, ...ENVIRONMENT] },
  },
  {
    files: ["components/platform/aws/**/*.ts"],
    rules: { "no-restricted-imports": "off", "no-restricted-syntax": ["error", ...ENVIRONMENT] },
  },
  {
    files: ["cli/**/*.ts", "policy/**/*.ts", "dev/**/*.ts"],
    ignores: [
      "cli/platform/{aws,local}/**",
      // They still bring local machines back by themselves.
      "cli/commands/{repair,replace}.ts",
    ],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@pulumi/aws", "@pulumi/aws/*"], message: ONLY_THERE }, PLATFORM_FOLDERS] },
      ],
    },
  },
  {
    files: ["cli/**/*.ts", "policy/**/*.ts"],
    // Lists of variables, and names of the kit's plugins.
    ignores: ["cli/platform/{aws,local}/**", "cli/environment/**", "cli/pulumi/kit.ts"],
    rules: { "no-restricted-syntax": ["error", ...AWS_ELSEWHERE, ...ENVIRONMENT, ...NAMES_PLATFORM] },
  },
  // mocha's describe/it return nothing that could float.
  { files: ["test/**/*.ts"], rules: { "@typescript-eslint/no-unused-expressions": "off" } },
);
