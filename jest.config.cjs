/** @param {object} parser */
function swc(parser) {
  return [
    '@swc/jest',
    {
      swcrc: false,
      sourceMaps: 'inline',
      module: { type: 'commonjs' },
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true, ...parser },
        transform: {
          legacyDecorator: true,
          decoratorMetadata: true,
          // As in tsconfig.json: TypeORM fills entities field by field.
          useDefineForClassFields: false,
          react: { runtime: 'automatic', importSource: 'hono/jsx' },
        },
      },
    },
  ];
}

/** @type {import('jest').Config} */
module.exports = {
  globalSetup: '<rootDir>/spec/support/jest/set-up.ts',
  globalTeardown: '<rootDir>/spec/support/jest/tear-down.ts',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  // dist/ and packed copies hold a second package.json of this name.
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  moduleNameMapper: {
    '^typeorm-model-hooks$': '<rootDir>/lib/index.ts',
    '^typeorm-model-hooks/admin$': '<rootDir>/lib/admin/index.ts',
    '^typeorm-model-hooks/bullmq$': '<rootDir>/lib/bullmq/index.ts',
    '^typeorm-model-hooks/nestjs$': '<rootDir>/lib/nestjs/index.ts',
    '^typeorm-model-hooks/nestjs/admin$': '<rootDir>/lib/nestjs/admin/index.ts',
    '^typeorm-model-hooks/nestjs/receiver$': '<rootDir>/lib/nestjs/receiver/index.ts',
    '^typeorm-model-hooks/receiver$': '<rootDir>/lib/receiver/index.ts',
    '^typeorm-model-hooks/testing$': '<rootDir>/lib/testing/index.ts',
  },
  transform: { '^.+\\.ts$': swc({}), '^.+\\.tsx$': swc({ tsx: true }) },
  testTimeout: 60_000,
  maxWorkers: 2,
};
