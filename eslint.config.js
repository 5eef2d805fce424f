// What the compiler and the formatter do not hold. Which module may import which is in .dependency-cruiser.cjs.
import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const TESTS = [
  '**/*.test.ts',
  '**/*.spec.ts',
  '**/test/**/*.ts',
  'packages/domain/src/contracts/**/*.ts',
  'packages/testkit/**/*.ts',
  'packages/devstack/src/vault/contract/**/*.ts',
]
const OWN_ENTRIES = ['packages/devstack/src/**/*.ts', 'packages/bench/src/**/*.ts', 'infra/*/*.ts'] // what people run by hand

// One program for the repository is a third faster than one per package; a package linted alone needs only its own.
const PROGRAM = process.cwd() === import.meta.dirname ? { project: './tsconfig.json' } : { projectService: true }

const PASSWORD_LIKE = '/^(password|passwd|passphrase|pwd|secret)$|_(password|passwd|passphrase|pwd|secret)$/i'

const NAMED_EXPORTS = {
  selector: ":matches(ExportDefaultDeclaration, ExportSpecifier[exported.name='default'])",
  message: 'Named exports only: one thing has one name wherever it is used.',
}
const NAMED_COLUMNS = {
  selector: ':matches(Literal[value=/select\\s+\\*/i], TemplateElement[value.raw=/select\\s+\\*/i])',
  message: 'Name the columns: what SELECT * means changes with every migration.',
}
// Errors are told apart by class, code, SQLSTATE, constraint name; a text changes with a library's patch release.
const MATCHED_MESSAGE = [
  "CallExpression[callee.property.name=/^(includes|startsWith|endsWith|match|search|indexOf)$/][callee.object.property.name='message']",
  "CallExpression[callee.property.name='test'][arguments.0.property.name='message']",
  "BinaryExpression[operator=/^[!=]==?$/] > MemberExpression[property.name='message']",
  "SwitchStatement > MemberExpression.discriminant[property.name='message']",
].map((selector) => ({ selector, message: 'Never match an error by its message.' }))
const COLUMN = 'CallExpression[callee.name=/^(text|varchar|char|jsonb?|bytea|customType)$/]'
const PASSWORD_COLUMN = [
  `${COLUMN} > Literal[value=${PASSWORD_LIKE}]`,
  `Property[key.name=${PASSWORD_LIKE}] ${COLUMN}`,
].map((selector) => ({ selector, message: 'Credentials live in Vault: no column is named like a password.' }))
const PRODUCTION = [NAMED_EXPORTS, NAMED_COLUMNS, ...MATCHED_MESSAGE]

export default defineConfig(
  { ignores: ['**/dist/', '**/.tap/', '**/.local/', '**/.turbo/', '**/node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  { files: ['**/*.cjs'], languageOptions: { sourceType: 'commonjs' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { ...PROGRAM, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...PRODUCTION],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Only main.ts reads the environment; take configuration as a value.',
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:process', importNames: ['env'], message: 'Only main.ts reads the environment.' },
            { name: 'process', message: 'Write node:process.' },
          ],
        },
      ],
      '@typescript-eslint/max-params': ['error', { max: 3 }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],

      // The house style says otherwise. A number or a boolean in a template reads as it prints:
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `[...text]` is how code points are counted:
      '@typescript-eslint/no-misused-spread': ['error', { allow: [{ from: 'lib', name: 'string' }, 'string'] }],
      // handlers are `() => void call()` and `() => call()`, whatever the call returns:
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // a memory twin fulfils an asynchronous port with nothing to await:
      '@typescript-eslint/require-await': 'off',
      // `let stopped = false` is changed by a callback, which this rule cannot see:
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // tsc reports unused names, and lets `_` mark what is there for its position:
      '@typescript-eslint/no-unused-vars': 'off',
      // ports are objects of functions without `this`:
      '@typescript-eslint/unbound-method': 'off',
      // module augmentation names foreign types in place:
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      // the compiler refuses enums, and data is not made by classes:
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // control characters are what several values refuse:
      'no-control-regex': 'off',
    },
  },
  {
    files: ['packages/adapters/src/postgres/**/*.ts', 'packages/adapters/migrations/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-syntax': ['error', ...PRODUCTION, ...PASSWORD_COLUMN],
    },
  },
  {
    files: ['apps/*/src/**/main.ts', 'apps/*/src/migrate.ts', ...OWN_ENTRIES, ...TESTS],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  { files: OWN_ENTRIES, rules: { 'no-console': 'off' } },
  {
    files: TESTS,
    rules: {
      'no-restricted-syntax': ['error', NAMED_EXPORTS],
      // tap collects the promise of a subtest itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: '@tapjs/test', name: ['test'] }] },
      ],
      // Rows, JSON bodies and captured logs are `any` until the assertion has looked at them.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/max-params': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
  { files: ['*.config.js', '*.cjs'], rules: { 'no-undef': 'off' } },
)
  // Patterns are the repository's, also for `eslint --config` from within a package.
  .map((config) => ({ ...config, basePath: import.meta.dirname }))
