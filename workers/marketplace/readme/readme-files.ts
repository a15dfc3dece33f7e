import type { ServerDocument } from "../../contract/marketplace/server-document.ts";
import { splitRepositoryUrl, toRepositoryKey } from "../identity.ts";

/** Names that nearly all READMEs have. The file server distinguishes small letters from capitals. */
const FILE_NAMES = ["README.md", "readme.md"];
/** Owners and names of GitHub have these characters only. */
const NAME = /^[\w.-]{1,100}$/;
const MAX_FOLDER_CHARS = 300;

/** Where the README of a repository can be. */
export interface ReadmePlace {
  /** The same text for all spellings of the repository's address, with the folder. */
  repository: string;
  /** In the order in which they are looked for. */
  files: ReadmeFile[];
}

/** A file of a repository. `path`: that of GitHub's server of raw files; `page`: where a person reads it. */
export interface ReadmeFile {
  path: string;
  page: string;
}

/**
 * Returns where the README of an entry can be: in its folder of the repository, else at the root. Null: the entry names no
 * repository on GitHub, which nearly all repositories of the registry are.
 */
export function toReadmePlace({
  repository,
}: Pick<ServerDocument, "repository">): ReadmePlace | null {
  const key = repository && toRepositoryKey(repository.url, repository.subfolder);
  if (!repository || !key?.startsWith("github.com/")) return null;
  const [, , , ...folder] = key.split("/");
  // The key is in lower case, but the server of raw files distinguishes capitals in some names.
  const [owner = "", name = ""] = splitRepositoryUrl(repository.url)?.parts ?? [];
  const own = name.replace(/\.git$/, "");
  if (!isName(owner) || !isName(own) || !isFolder(folder)) return null;
  // Halves of surrogate pairs cannot be encoded.
  const inside = folder.map((part) => encodeURIComponent(part.toWellFormed())).join("/");
  const folders = inside === "" ? [""] : [`${inside}/`, ""];
  const files = folders.flatMap((path) =>
    FILE_NAMES.map((file) => ({
      path: `/${owner}/${own}/HEAD/${path}${file}`,
      page: `https://github.com/${owner}/${own}/blob/HEAD/${path}${file}`,
    })),
  );
  return { repository: key, files };
}

function isName(text: string): boolean {
  return NAME.test(text) && text !== "." && text !== "..";
}

function isFolder(parts: string[]): boolean {
  return parts.join("/").length <= MAX_FOLDER_CHARS && !parts.includes("..");
}
