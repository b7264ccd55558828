import { createServer } from 'node:http';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, ModelHooks, modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';
import { verify } from 'typeorm-model-hooks/receiver';

@Entity()
@ModelHook({ provides: ['name'] }) // only the name is sent
class Person {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') name!: string;
}
const setup = { type: 'postgres', url: process.env.DATABASE_URL, synchronize: true } as const;
const tables = { entities: [Person, ...modelHookEntities], migrations: modelHookMigrations };
const dataSource = await new DataSource({ ...setup, ...tables, migrationsRun: true }).initialize();
const hooks = await ModelHooks.attach(dataSource, { delivery: { recipients: 'development' } });
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
await hooks.for(Person).listener({ url: 'http://localhost:8080', secret }).save();
const receiver = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  console.log(verify(request.headers, body, secret).event, `${body}`); // verify() throws if it is not signed
  response.end(() => receiver.close());
}).listen(8080);
await dataSource.getRepository(Person).save({ name: 'Joe' });
await hooks.idle(); // waits until everything is sent
await dataSource.destroy();
