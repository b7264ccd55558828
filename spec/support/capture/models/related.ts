import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import type { Hooking } from './hooked';

/** An entity whose hook provides values of related rows. Its truth is in related-truth.ts. */
export function relatedModel(hook: Hooking) {
  @Entity()
  class Writer {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;
  }

  @Entity()
  class Label {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @DeleteDateColumn({ type: 'timestamptz' })
    deletedAt!: Date | null;

    @ManyToMany(
      () => Article,
      (article) => article.labels,
    )
    articles!: Relation<Article>[];
  }

  @Entity()
  @hook({ provides: ['id', 'title', 'writer.id', 'writer.name', 'labels.id', 'labels.name'] })
  class Article {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    title!: string;

    @ManyToOne(() => Writer, { nullable: true, cascade: true })
    writer!: Relation<Writer> | null;

    @ManyToMany(
      () => Label,
      (label) => label.articles,
      { cascade: true },
    )
    @JoinTable({ name: 'article_label' })
    labels!: Label[];
  }

  return { Writer, Label, Article };
}

export const RELATED_SEED = `
  INSERT INTO writer (id, name) VALUES (1, 'W'), (2, 'X');
  INSERT INTO label (id, name) VALUES (1, 'red'), (2, 'blue'), (3, 'green');
  INSERT INTO article (id, title, "writerId") VALUES (1, 'A', 1), (2, 'B', NULL);
  INSERT INTO article_label ("articleId", "labelId") VALUES (1, 1), (1, 2), (2, 2);`;
