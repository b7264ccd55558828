import 'reflect-metadata';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, ModelHooks, modelHookEntities, modelHookMigrations, startsWith } from 'typeorm-model-hooks';

@Entity()
@ModelHook({ provides: ['name', 'address'] }) // only these fields are sent
class Person {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') name!: string;
  @Column('varchar', { nullable: true }) address!: string | null;
  @Column('varchar') secret!: string;
}

const dataSource = await new DataSource({
  type: 'postgres',
  url: process.env.DATABASE_URL!,
  entities: [Person, ...modelHookEntities],
  migrations: modelHookMigrations,
  migrationsRun: true, // creates our tables
  synchronize: true, // creates yours, for this example
}).initialize();
const hooks = await ModelHooks.attach(dataSource, { delivery: { recipients: 'development' } });

await hooks.for(Person).listener('http://localhost:8080').match({ name: startsWith('J') }).save();
await dataSource.getRepository(Person).save({ name: 'Joe', secret: 'stays here' });

await hooks.idle(); // waits until everything is sent, so that this script can end
await dataSource.destroy();
