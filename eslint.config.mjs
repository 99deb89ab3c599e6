import tseslint from "typescript-eslint";

const ONLY_THERE = "Only components/platform/aws may import @pulumi/aws.";
/** @pulumi/aws and what is in it, as a selector's regular expression (a slash can't be in one as such). */
const AWS = "/^@pulumi.aws(\\u002f|$)/";

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
      "no-restricted-syntax": [
        "error",
        { selector: `ImportExpression[source.value=${AWS}]`, message: ONLY_THERE },
        { selector: `CallExpression[callee.name="require"][arguments.0.value=${AWS}]`, message: ONLY_THERE },
      ],
    },
  },
  {
    files: ["components/platform/aws/**/*.ts"],
    rules: { "no-restricted-imports": "off", "no-restricted-syntax": "off" },
  },
  // mocha's describe/it return nothing that could float.
  { files: ["test/**/*.ts"], rules: { "@typescript-eslint/no-unused-expressions": "off" } },
);
