import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';

/** Has a column of each kind that a filter can be checked against. */
@Entity()
@ModelHook({ provides: ['*', 'id'], sender: 'tenant', compute: { shout: () => 'A' } })
export class Article {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column({ type: 'varchar', default: '' })
  title!: string;

  @Column({ type: 'varchar', nullable: true })
  tenant!: string | null;

  @Column({ type: 'int', default: 0 })
  stock!: number;

  @Column({ type: 'numeric', default: 0 })
  price!: string;

  @Column({ type: 'boolean', default: true })
  visible!: boolean;

  @CreateDateColumn({ type: 'timestamptz' })
  createdAt!: Date;

  @Column({ type: 'date', nullable: true })
  day!: string | null;

  @Column({ type: 'time', nullable: true })
  opensAt!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  details!: unknown;

  @Column({ type: 'text', array: true, default: [] })
  tags!: string[];

  @Column({ type: 'bytea', nullable: true })
  image!: Buffer | null;

  @Column({ type: 'varchar', default: 'x', select: false })
  secret!: string;
}
