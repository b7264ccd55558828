/** What has no idea of hooks, lowest first. */
const GROUND = ['base', 'errors', 'logging', 'options', 'signing', 'vault', 'store', 'telemetry'];
/** The order in which a change travels. `attach` assembles the stages. */
const STAGES = [
  'match',
  'hook',
  'capture',
  'recipient',
  'listener',
  'delivery',
  'dispatch',
  'backfill',
  'task',
  'schedule',
  'interactive',
  'doctor',
  'attach',
];

/** Folders that import those before them only; types included. Each list is one order. */
const ORDERS = [
  [...GROUND, ...STAGES].map((name) => `lib/${name}`),
  ['entity', 'outbox', 'statement', 'typeorm', 'triggers'].map((name) => `lib/capture/${name}`),
  ['declared', 'keys', 'saved', 'secrets', 'matching'].map((name) => `lib/listener/${name}`),
  ['chunk', 'request', 'http', 'handler', 'reply', 'origins', 'record', 'log', 'attempt'].map(
    (name) => `lib/delivery/${name}`,
  ),
  ['claim', 'plan'].map((name) => `lib/dispatch/${name}`),
];

const INDEX = '^lib/index[.]ts$';
/** The facade, and the pipeline that puts the stages in a row. */
const FACADE = '^lib/[^/]+[.]ts$';

/** @param {readonly string[]} names */
function folder(names) {
  return `^(${names.join('|')})/`;
}

const backward = ORDERS.flatMap((order) =>
  order.slice(0, -1).map((name, n) => ({
    name: `${name.replaceAll('/', '-')}-imports-later`,
    comment: `A folder imports earlier ones only (${order.join(' → ')}), so that each can be read, tested and replaced without what follows it. Move the thing down, or hand it in from lib/attach/.`,
    severity: 'error',
    from: { path: folder([name]) },
    to: { path: folder(order.slice(n + 1)) },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...backward,
    {
      name: 'receiver-imports-sender',
      comment:
        'A process that receives need not have TypeORM, undici or class-validator: lib/receiver/ may import these ground folders only. lib/nestjs/receiver/ is the same for Nest.',
      severity: 'error',
      from: { path: folder(['lib/receiver', 'lib/nestjs/receiver']) },
      to: {
        path: '^lib/',
        pathNot: folder([
          'lib/receiver',
          'lib/nestjs/receiver',
          'lib/base',
          'lib/errors',
          'lib/options',
          'lib/signing',
        ]),
      },
    },
    {
      name: 'library-imports-cli',
      comment:
        'The command line is a program of its own; nothing that an application loads needs it.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/cli/' },
      to: { path: '^lib/cli/' },
    },
    {
      name: 'library-imports-bullmq',
      comment: 'BullMQ is an optional peer, so only its own entry may need it.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/bullmq/' },
      to: { path: ['^lib/bullmq/', 'node_modules/(bullmq|ioredis)/'] },
    },
    {
      name: 'library-imports-admin',
      comment:
        'Hono and Zod are optional peers, so only the admin app may need them. It uses the facade as an application does.',
      severity: 'error',
      from: { path: '^lib/', pathNot: folder(['lib/admin', 'lib/nestjs/admin']) },
      to: { path: ['^lib/(nestjs/)?admin/', 'node_modules/(hono|zod)/'] },
    },
    {
      name: 'library-imports-nestjs',
      comment:
        'Nest is an optional peer, so only its own entries may need it. They use the facade as an application does.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/nestjs/' },
      to: { path: ['^lib/nestjs/', 'node_modules/(@nestjs|rxjs)/'] },
    },
    {
      name: 'library-imports-testing',
      comment:
        'What only tests need is an entry of its own; the library has the doors for it in lib/attach/.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/testing/' },
      to: { path: '^lib/testing/' },
    },
    {
      name: 'stage-imports-facade',
      comment:
        'The files directly in lib/ use the stages; a stage that uses them turns the order around. lib/attach/ comes after all of them and may use the pipeline; that it uses the facade, which uses it, is forbidden by no-circular. lib/cli/, lib/admin/ and lib/nestjs/ use the facade as an application does.',
      severity: 'error',
      from: {
        path: '^lib/[^/]+/',
        pathNot: folder(['lib/attach', 'lib/cli', 'lib/admin', 'lib/nestjs']),
      },
      to: { path: FACADE },
    },
    {
      name: 'index-is-imported',
      comment:
        'lib/index.ts is for users of the package. Inside it would make every file depend on every other; import the file itself.',
      severity: 'error',
      from: {},
      to: { path: INDEX },
    },
    {
      name: 'migration-imports-code',
      comment:
        'A migration must do in three years what it does today, so it may import nothing but the names of tables.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^lib/', pathNot: '^lib/store/' },
    },
    {
      name: 'lib-imports-migration',
      comment: 'Migrations are exported by lib/index.ts; no stage needs to know of them.',
      severity: 'error',
      from: { path: '^lib/', pathNot: INDEX },
      to: { path: '^migrations/' },
    },
    {
      name: 'sample-app-imports-source',
      comment: 'The sample shows what a user can do, so it imports the package by its name.',
      severity: 'error',
      from: { path: '^sample-app/' },
      to: { path: '^(lib|migrations|spec|bench)/' },
    },
    {
      name: 'no-circular',
      comment:
        'Files that need each other are one idea in two places: join them, or take out what both need.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'No file imports this one and it imports none: wire it up or remove it.',
      severity: 'error',
      from: { orphan: true, path: '^lib/', pathNot: [INDEX, '^lib/admin/page/assets/'] },
      to: {},
    },
    {
      name: 'not-to-dev-dependency',
      comment: 'What is published may need only what is installed with it.',
      severity: 'error',
      from: { path: '^(lib|migrations)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'type-only'] },
    },
    {
      name: 'not-to-unlisted-or-unresolved',
      comment:
        'An import that package.json does not name, or that leads nowhere, works by accident.',
      severity: 'error',
      from: { path: '^(lib|migrations)/' },
      // An optional peer is listed, and counts as `npm-no-pkg` too.
      to: {
        dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer'],
      },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'require', 'node', 'default'],
    },
  },
};
