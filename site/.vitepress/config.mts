import { readdirSync } from 'node:fs';
import { slug } from 'github-slugger';
import { defineConfig } from 'vitepress';
import { linkToPages } from './links.mts';
import { isPage, placeOf, sidebarOfPages } from './pages.mts';
import { sidebarOfReference } from './reference.mts';
import { DESCRIPTION, REPOSITORY, ROOT_PATH } from './repository.mts';
import { vueOfTheSite } from './vue.mts';

export default defineConfig({
  title: 'typeorm-model-hooks',
  description: DESCRIPTION,
  lang: 'en',
  // A path below which the site is published: `/typeorm-model-hooks/` on GitHub Pages.
  base: process.env.SITE_BASE ?? '/',
  // The pages stay where GitHub shows them: in docs/ and in the root.
  srcDir: '..',
  srcExclude: otherFiles(),
  rewrites: (path) => placeOf(path),
  outDir: 'dist',
  lastUpdated: false,
  markdown: {
    config: linkToPages,
    // The plain themes have too little contrast.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // The anchors of GitHub, so that a link to a heading works in both.
    anchor: { slugify: (text) => slug(text) },
  },
  transformPageData: ({ filePath, frontmatter }) => {
    if (!filePath.startsWith('site/')) return;
    frontmatter.editLink = false;
  },
  vite: {
    plugins: [vueOfTheSite()],
    // Vite looks for packages from the root, where Vue is missing and the packages that Vue needs have other versions.
    ssr: { external: ['vue', 'vue/server-renderer'] },
    // The index of the search is one large file, loaded when a reader searches.
    build: { chunkSizeWarningLimit: 4_000 },
  },
  themeConfig: {
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'API', link: '/reference/' },
      { text: 'Changelog', link: '/changelog' },
    ],
    sidebar: { '/': sidebarOfPages(), '/reference/': sidebarOfReference() },
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: {
            // The pages that explain come before those of the API.
            boostDocument: (id: string) => (id.includes('/reference/') ? 0.2 : 1),
          },
        },
      },
    },
    editLink: { pattern: `${REPOSITORY}/edit/main/:path`, text: 'Edit this page' },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
  },
});

/** What of the repository is no page: whole directories, so that they are not searched, and other Markdown files. */
function otherFiles(): string[] {
  const entries = readdirSync(ROOT_PATH, { withFileTypes: true });
  const directories = entries
    .filter((entry) => entry.isDirectory() && !['docs', 'site'].includes(entry.name))
    .map(({ name }) => `${name}/**`);
  const documents = entries
    .map(({ name }) => name)
    .filter((name) => name.endsWith('.md') && !isPage(name));
  return [...directories, ...documents];
}
