import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { type HookEvent, ModelHook, secret, type Targets } from '../../../lib';

/** Values that must not appear in any output. */
export const PIN = 'canary-of-an-unprovided-field';
export const SECRETS = {
  former: 'canary-of-a-former-secret',
  given: 'canary-of-a-given-secret',
  header: 'canary-of-a-secret-header',
  target: 'canary-of-a-target',
  targetHeader: 'canary-of-a-header-of-a-target',
  refused: 'canary-of-a-refused-listener',
  key: 'canary-of-a-key-of-31-characters',
} as const;

/** The origin of the targets, set when the receiver listens. */
export const place = { origin: '' };

@Entity()
@ModelHook({ provides: ['name'], exactPrevious: true })
export class Account {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  pin!: string;
}

/** Its function throws an error that quotes the row. */
@Entity()
@ModelHook({
  provides: ['name'],
  compute: {
    checked: ({ pin }: Careless) => {
      throw new RangeError(`the pin ${pin} is not a number`);
    },
  },
})
export class Careless {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  pin!: string;
}

/** Its stored value cannot be read again. The error quotes the value. */
const unreadable = {
  to: (value: string) => value,
  from: (value: string) => {
    throw new RangeError(`cannot read ${value} of ${PIN}`);
  },
};

@Entity()
@ModelHook({ provides: ['name'], ref: () => 'https://example.com' })
@ModelHook({ name: 'unreadable', provides: ['code'] })
export class Coded {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', transformer: unreadable })
  code!: string;

  @Column({ type: 'varchar', transformer: unreadable })
  pin!: string;
}

@Entity()
@ModelHook({ provides: ['name'], resolve: (event) => targetsOf(event) })
export class Job {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  pin!: string;
}

function targetsOf({ data }: HookEvent): Targets {
  if (data.name === 'bad') throw new TypeError(`no target for ${SECRETS.target} ${PIN}`);
  const headers = { 'X-Target': secret(SECRETS.targetHeader) };
  const good = { url: `${place.origin}/target`, secret: SECRETS.target, headers };
  return [good, { ...good, url: 'http://10.0.0.1/' }];
}
