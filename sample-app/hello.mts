import 'reflect-metadata';
import { createServer } from 'node:http';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, ModelHooks, modelHookEntities, modelHookMigrations, startsWith } from 'typeorm-model-hooks';

@Entity() @ModelHook({ provides: ['name', 'address'] })
class Person {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') name!: string;
  @Column('varchar', { nullable: true }) address!: string | null;
  @Column('varchar') secret!: string;
}
const receiver = createServer(async (request, response) => {
  for await (const body of request) console.log(request.headers['hook-event'], String(body));
  response.end();
}).listen(8080);
const tables = { entities: [Person, ...modelHookEntities], migrations: modelHookMigrations };
const options = { ...tables, url: process.env.DATABASE_URL ?? '', migrationsRun: true, synchronize: true };
const dataSource = await new DataSource({ type: 'postgres', ...options }).initialize();
const hooks = await ModelHooks.attach(dataSource, { delivery: { recipients: 'development' } });
await hooks.for(Person).listener('http://localhost:8080').match({ name: startsWith('J') }).save();
const people = [{ name: 'Joe', secret: 'stays here' }, { name: 'Ann', secret: 'stays here' }];
await dataSource.getRepository(Person).save(people); // person.created {"name":"Joe","address":null}
await hooks.idle();
await dataSource.destroy().then(() => receiver.close());
