import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  OneToOne,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { column, columns, type Truth } from '../truth';
import type { Hooking } from './hooked';

/** Entities with relations of each kind. */
export function relationModel(hook: Hooking) {
  @Entity()
  @hook({ provides: ['id', 'name'] })
  class Author {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @OneToMany(
      () => Book,
      (book) => book.author,
      { cascade: true },
    )
    books!: Book[];

    @OneToOne(
      () => Profile,
      (profile) => profile.author,
      { cascade: true },
    )
    profile!: Relation<Profile>;
  }

  @Entity()
  @hook({ provides: ['id', 'name', 'author.id'] })
  @hook({ name: 'book.exact', provides: ['id', 'author.id'], exactPrevious: true })
  class Book {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @ManyToOne(
      () => Author,
      (author) => author.books,
      { nullable: true, onDelete: 'SET NULL' },
    )
    author!: Relation<Author> | null;

    @OneToMany(
      () => Chapter,
      (chapter) => chapter.book,
      { cascade: true },
    )
    chapters!: Chapter[];
  }

  /** The database removes them with their book. */
  @Entity()
  @hook({ provides: ['id', 'name', 'book.id'] })
  class Chapter {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @ManyToOne(
      () => Book,
      (book) => book.chapters,
      { onDelete: 'CASCADE' },
    )
    book!: Relation<Book>;
  }

  @Entity()
  @hook({ provides: ['id', 'text', 'author.id'] })
  class Profile {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    text!: string;

    @OneToOne(
      () => Author,
      (author) => author.profile,
      { cascade: ['insert'] },
    )
    @JoinColumn()
    author!: Relation<Author> | null;
  }

  /** Refers to its own table. */
  @Entity()
  @hook({ provides: ['id', 'name', 'boss.id'] })
  class Worker {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @ManyToOne(
      () => Worker,
      (worker) => worker.team,
      { nullable: true, cascade: ['insert', 'update'] },
    )
    boss!: Relation<Worker> | null;

    @OneToMany(
      () => Worker,
      (worker) => worker.boss,
      { cascade: ['insert', 'update'] },
    )
    team!: Worker[];
  }

  @Entity()
  @hook({ provides: ['id', 'title'] })
  class Post {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    title!: string;

    @ManyToMany(
      () => Tag,
      (tag) => tag.posts,
      { cascade: true },
    )
    @JoinTable()
    tags!: Tag[];
  }

  @Entity()
  @hook({ provides: ['id', 'name'] })
  class Tag {
    @PrimaryGeneratedColumn()
    id!: number;

    @Column({ type: 'varchar' })
    name!: string;

    @DeleteDateColumn({ type: 'timestamptz' })
    deletedAt!: Date | null;

    @ManyToMany(
      () => Post,
      (post) => post.tags,
    )
    posts!: Post[];
  }

  return { Author, Book, Chapter, Profile, Worker, Post, Tag };
}

export const RELATION_TRUTHS: readonly Truth[] = [
  {
    hook: 'author',
    table: 'public.author',
    key: ['id'],
    identity: ['id'],
    reads: columns('id', 'name'),
  },
  {
    hook: 'book',
    table: 'public.book',
    key: ['id'],
    identity: ['id'],
    reads: { ...columns('id', 'name'), 'author.id': column('authorId') },
  },
  {
    hook: 'book.exact',
    table: 'public.book',
    key: ['id'],
    identity: ['id'],
    reads: { ...columns('id'), 'author.id': column('authorId') },
  },
  {
    hook: 'chapter',
    table: 'public.chapter',
    key: ['id'],
    identity: ['id'],
    reads: { ...columns('id', 'name'), 'book.id': column('bookId') },
  },
  {
    hook: 'profile',
    table: 'public.profile',
    key: ['id'],
    identity: ['id'],
    reads: { ...columns('id', 'text'), 'author.id': column('authorId') },
  },
  {
    hook: 'worker',
    table: 'public.worker',
    key: ['id'],
    identity: ['id'],
    reads: { ...columns('id', 'name'), 'boss.id': column('bossId') },
  },
  {
    hook: 'post',
    table: 'public.post',
    key: ['id'],
    identity: ['id'],
    reads: columns('id', 'title'),
  },
  {
    hook: 'tag',
    table: 'public.tag',
    key: ['id'],
    identity: ['id'],
    deleteDate: 'deletedAt',
    reads: columns('id', 'name'),
  },
];

export const RELATION_SEED = `
  INSERT INTO author (id, name) VALUES (1, 'A'), (2, 'B');
  INSERT INTO book (id, name, "authorId") VALUES (1, 'x', 1), (2, 'y', 1), (3, 'z', NULL);
  INSERT INTO chapter (id, name, "bookId") VALUES (1, 'i', 1), (2, 'ii', 1);
  INSERT INTO profile (id, text, "authorId") VALUES (1, 'p', 1), (2, 'q', NULL);
  INSERT INTO worker (id, name, "bossId") VALUES (1, 'chief', NULL), (2, 'hand', 1);
  INSERT INTO post (id, title) VALUES (1, 'P'), (2, 'Q');
  INSERT INTO tag (id, name) VALUES (1, 'red'), (2, 'blue');
  INSERT INTO post_tags_tag ("postId", "tagId") VALUES (1, 1);`;
