/** The order in which a change travels; a stage imports itself and what stands before it. */
const STAGES = ['match', 'hook', 'capture', 'listener', 'delivery', 'dispatch', 'task'];

/** What people receive with, and operate the stages with; on top of all of them. */
const TOPS = ['receiver', 'admin', 'cli'];

const LAYERS = [...STAGES, ...TOPS];
const ANY_LAYER = folder(LAYERS);
const OPTIONS = '[/-]options[.]ts$';
const ASSEMBLY = '^lib/(index|model-hooks)[.]ts$';
const GROUND = '^lib/(?!index[.]|model-hooks[.])[^/]+$';

/** @param {string[]} names */
function folder(names) {
  return `^lib/(${names.join('|')})(?=/)`;
}

/** One rule a stage: nothing later. */
const upward = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `${layer}-imports-later-stage`,
  comment: `A stage imports earlier stages only (${LAYERS.join(' → ')}), so that each can be read, tested and replaced without what follows it. Hand in a callback, or move the thing down.`,
  severity: 'error',
  from: { path: folder([layer]) },
  to: { path: folder(LAYERS.slice(index + 1)), pathNot: OPTIONS },
}));

/** One rule a stage: of what is later, options only as types. */
const optionValues = LAYERS.slice(0, -1).map((layer, index) => ({
  name: `${layer}-imports-later-option-values`,
  comment:
    'Option types of a later stage may be imported (@ModelHook takes delivery options), for types are gone at run time; use `import type`.',
  severity: 'error',
  from: { path: folder([layer]) },
  to: {
    path: `${folder(LAYERS.slice(index + 1))}.*${OPTIONS}`,
    dependencyTypesNot: ['type-only'],
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...upward,
    ...optionValues,
    {
      name: 'receiver-imports-sender',
      comment:
        'Who receives need not have TypeORM, undici or class-validator: lib/receiver/ may lean on signatures and ground files only.',
      severity: 'error',
      from: { path: folder(['receiver']) },
      to: { path: '^lib/', pathNot: ['^lib/receiver/', '^lib/delivery/signature[.]ts$', GROUND] },
    },
    {
      name: 'stage-imports-assembly',
      comment:
        'lib/model-hooks.ts puts the stages together; a stage that asks it for something turns the order around.',
      severity: 'error',
      from: { path: folder(STAGES) },
      to: { path: ASSEMBLY },
    },
    {
      name: 'ground-imports-stage',
      comment:
        'Files directly in lib/ are the ground every stage stands on; they know of no stage. Only model-hooks.ts and index.ts may.',
      severity: 'error',
      from: { path: GROUND },
      to: { path: [ANY_LAYER, ASSEMBLY] },
    },
    {
      name: 'index-is-imported',
      comment:
        'lib/index.ts is for users of the package. Inside it would make every file depend on every other; import the file itself.',
      severity: 'error',
      from: {},
      to: { path: '^lib/index[.]ts$' },
    },
    {
      name: 'migration-imports-code',
      comment:
        'A migration must do in three years what it does today, so it may lean on nothing that changes: ground files only.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^lib/', pathNot: GROUND },
    },
    {
      name: 'lib-imports-migration',
      comment:
        'Migrations are handed out by index.ts and model-hooks.ts; no stage needs to know of them.',
      severity: 'error',
      from: { path: '^lib/', pathNot: ASSEMBLY },
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
      to: { circular: true, viaOnly: { pathNot: OPTIONS } },
    },
    {
      name: 'no-circular-at-run-time',
      comment:
        'Through option types a circle may run, for types are gone at run time; one of values leaves somebody with undefined.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'Nobody imports this file and it imports nobody: wire it up or remove it.',
      severity: 'error',
      from: { orphan: true, path: '^lib/', pathNot: ASSEMBLY },
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
      to: { dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'] },
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
