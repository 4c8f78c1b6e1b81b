import tseslint from "typescript-eslint"

export default tseslint.config(
  { ignores: ["dist/", "dist-test/", "node_modules/", "esbuild.mjs", "eslint.config.mjs", "e2e/", "icon.mjs"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: ["./tsconfig.json", "./webview/tsconfig.json"], tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 60, skipComments: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  { files: ["test/**"], rules: { "max-lines-per-function": "off", "@typescript-eslint/no-floating-promises": "off" } },
)
