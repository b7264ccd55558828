import { Column, DeleteDateColumn, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { columns, type Truth } from '../truth';
import type { Hooking } from './hooked';

/** A key of the application's own class. */
export class Code {
  constructor(readonly text: string) {}
}

/** Entities whose values or keys the database makes or changes, or whose key is an object. */
export function madeModel(hook: Hooking) {
  @Entity()
  @hook({ provides: ['id', 'label', 'full'] })
  class Generated {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    label!: string;

    @Column({
      type: 'varchar',
      generatedType: 'STORED',
      asExpression: `label || '!'`,
      nullable: true,
    })
    full!: string | null;
  }

  /** A BEFORE trigger makes `slug`, refuses the title 'never', and keeps rows with the title 'kept'. */
  @Entity()
  @hook({ provides: ['id', 'title', 'slug'] })
  class Triggered {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    title!: string;

    @Column({ type: 'varchar', nullable: true })
    slug!: string | null;

    @DeleteDateColumn({ type: 'timestamptz' })
    deletedAt!: Date | null;
  }

  /** A BEFORE trigger makes the key upper case. */
  @Entity()
  @hook({ provides: ['id', 'label'] })
  class Keyed {
    @PrimaryColumn({ type: 'varchar' })
    id!: string;

    @Column({ type: 'varchar' })
    label!: string;
  }

  /** The key has microseconds, which a `Date` has not. */
  @Entity()
  @hook({ provides: ['label', 'rank'] })
  class Moment {
    @PrimaryColumn({ type: 'timestamptz', default: () => 'clock_timestamp()' })
    at!: Date;

    @Column({ type: 'varchar' })
    label!: string;

    @Column({ type: 'int', default: 0 })
    rank!: number;
  }

  @Entity()
  @hook({ provides: ['label', 'rank'] })
  class Coded {
    @PrimaryColumn({
      type: 'varchar',
      transformer: {
        to: (code) => (code instanceof Code ? code.text : code),
        from: (text) => (typeof text === 'string' ? new Code(text) : text),
      },
    })
    code!: Code;

    @Column({ type: 'varchar' })
    label!: string;

    @Column({ type: 'int', default: 0 })
    rank!: number;

    @DeleteDateColumn({ type: 'timestamptz' })
    deletedAt!: Date | null;
  }

  return { Generated, Triggered, Keyed, Moment, Coded };
}

export const MADE_TRUTHS: readonly Truth[] = [
  {
    hook: 'generated',
    table: 'public.generated',
    key: ['id'],
    identity: ['id'],
    reads: columns('id', 'label', 'full'),
  },
  {
    hook: 'triggered',
    table: 'public.triggered',
    key: ['id'],
    identity: ['id'],
    deleteDate: 'deletedAt',
    reads: columns('id', 'title', 'slug'),
  },
  {
    hook: 'keyed',
    table: 'public.keyed',
    key: ['id'],
    identity: ['id'],
    reads: columns('id', 'label'),
  },
  {
    hook: 'moment',
    table: 'public.moment',
    key: ['at'],
    identity: ['label'],
    reads: columns('label', 'rank'),
  },
  {
    hook: 'coded',
    table: 'public.coded',
    key: ['code'],
    deleteDate: 'deletedAt',
    identity: ['label'],
    reads: columns('label', 'rank'),
  },
];

/** Run after `synchronize`, in both databases. */
export const MADE_TRIGGERS = `
  CREATE SEQUENCE toggle;
  CREATE FUNCTION make_slug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
      IF OLD.title = 'kept' THEN RETURN NULL; END IF;
      RETURN OLD;
    END IF;
    IF NEW.title = 'never' THEN RETURN NULL; END IF;
    NEW.slug := lower(NEW.title);
    RETURN NEW;
  END $$;
  CREATE TRIGGER make_slug BEFORE INSERT OR UPDATE OR DELETE ON triggered FOR EACH ROW EXECUTE FUNCTION make_slug();
  CREATE FUNCTION upper_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := upper(NEW.id); RETURN NEW; END $$;
  CREATE TRIGGER upper_key BEFORE INSERT ON keyed FOR EACH ROW EXECUTE FUNCTION upper_key();`;

export const MADE_SEED = `
  INSERT INTO generated (id, label) VALUES (1, 'g'), (2, 'h');
  INSERT INTO triggered (id, title, slug) VALUES (1, 'Aa', 'aa'), (2, 'kept', 'kept');
  INSERT INTO keyed (id, label) VALUES ('K', 'seed');
  INSERT INTO moment (at, label) VALUES ('2024-01-01 00:00:00.123456Z', 'seed');
  INSERT INTO coded (code, label) VALUES ('c1', 'first'), ('c2', 'second');`;
