const { DataSource, EntitySchema } = require('typeorm');
const { ModelHook, ModelHooks, modelHookEntities, modelHookMigrations } = require('typeorm-model-hooks');

const Person = new EntitySchema({
  name: 'Person',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    name: { type: 'varchar', unique: true },
  },
});
ModelHook({ provides: ['name'] })(Person);

/** The application of a test file, with the hooks attached. */
async function start(attach) {
  const dataSource = new DataSource({
    type: 'postgres',
    url: process.env.TEST_DATABASE_URL,
    entities: [Person, ...modelHookEntities],
    migrations: [...modelHookMigrations],
  });
  await dataSource.initialize();
  const lock = dataSource.createQueryRunner();
  await dataSource.runMigrations();
  await dataSource.synchronize();
  await lock.release();
  const delivery = { recipients: 'development' };
  const hooks = await ModelHooks.attach(dataSource, { delivery, installTriggers: true, ...attach });
  return { dataSource, hooks };
}

module.exports = { Person, start };
