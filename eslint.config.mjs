import tseslint from "typescript-eslint";

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
        { paths: [{ name: "@pulumi/aws", message: "Only components/platform/aws may import @pulumi/aws." }] },
      ],
    },
  },
  { files: ["components/platform/aws/**/*.ts"], rules: { "no-restricted-imports": "off" } },
  // mocha's describe/it return nothing that could float.
  { files: ["test/**/*.ts"], rules: { "@typescript-eslint/no-unused-expressions": "off" } },
);
