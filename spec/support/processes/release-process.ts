import { createRequire } from 'node:module';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { AttachOptions, ModelHooks } from '../../../lib';

/** The options of a process of release-tarball.spec.ts, given as JSON in its first argument. */
export interface ReleaseOptions {
  readonly url: string;
  /** The file that the release is loaded from. */
  readonly main: string;
  readonly attach: AttachOptions;
}

export type ReleaseCommand =
  /** Inserts rows with these names, then gives them the note `changed`, and removes them. */
  | { readonly kind: 'write'; readonly names: readonly string[] }
  | { readonly kind: 'listen'; readonly url: string; readonly ordered: boolean }
  | { readonly kind: 'idle' }
  /** Ends the process as a deployment does. */
  | { readonly kind: 'stop' };

/** The answer to each command. It is also sent once at the start. */
export interface ReleaseAnswer {
  /** What the release logged as an error. */
  readonly errors: readonly string[];
}

type Package = typeof import('../../../lib');

/** The class, declared with the decorator of the release. */
function memoOf({ ModelHook }: Package) {
  @Entity({ name: 'memo' })
  @ModelHook({ name: 'memo', provides: ['name', 'note'], compute: { size: sizeOf } })
  class Memo {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @Column({ type: 'varchar', default: '' })
    note!: string;
  }
  return Memo;
}

function sizeOf({ name }: { readonly name: string }): number {
  return name.length;
}

async function main({ url, main: file, attach }: ReleaseOptions): Promise<void> {
  const release: Package = createRequire(__filename)(file);
  const Memo = memoOf(release);
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: [Memo, ...release.modelHookEntities],
    migrations: [...release.modelHookMigrations],
  });
  await dataSource.initialize();
  const errors: string[] = [];
  const hooks = await release.ModelHooks.attach(dataSource, {
    ...attach,
    delivery: { recipients: 'development' },
    logger: {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (message, facts) => errors.push(`${message} ${JSON.stringify(facts)}`),
    },
  });
  const answer = () => process.send?.({ errors } satisfies ReleaseAnswer);
  process.on('message', (command: ReleaseCommand) => {
    run({ dataSource, hooks, memos: dataSource.getRepository(Memo) }, command).then(
      answer,
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  // Ends with the spec that started it.
  process.once('disconnect', () => process.exit());
  answer();
}

interface Running {
  readonly dataSource: DataSource;
  readonly hooks: ModelHooks;
  readonly memos: ReturnType<DataSource['getRepository']>;
}

async function run({ dataSource, hooks, memos }: Running, command: ReleaseCommand): Promise<void> {
  switch (command.kind) {
    case 'idle':
      return hooks.idle();
    case 'stop':
      return dataSource.destroy();
    case 'listen': {
      const { url, ordered } = command;
      await hooks.get('memo').listener({ url, format: 'envelope', ordered }).save();
      return;
    }
    case 'write': {
      const rows = await memos.save(memos.create(command.names.map((name) => ({ name }))));
      await memos.save(rows.map((row) => ({ ...row, note: 'changed' })));
      await memos.remove(await memos.findBy(rows.map(({ id }) => ({ id }))));
    }
  }
}

if (process.send) void main(JSON.parse(process.argv[2] ?? '{}'));
