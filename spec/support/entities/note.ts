import { Column, DeleteDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';

@Entity()
@ModelHook({ provides: ['title'] })
export class Note {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

export function note(title: string): Note {
  return Object.assign(new Note(), { title });
}
