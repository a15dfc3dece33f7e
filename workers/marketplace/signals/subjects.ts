import type { SignalService } from "../../contract/api/marketplace-signals.ts";
import { findRegistryDanger } from "../../contract/marketplace/install/dangers.ts";
import type { ServerDocument, ServerPackage } from "../../contract/marketplace/server-document.ts";
import { toRepositoryKey } from "../identity.ts";

/** A repository or package of which a service states figures. */
export interface Subject {
  service: SignalService;
  subject: string;
}

/** Further packages of a server say nothing more of it. */
const MAX_PACKAGES = 5;
/** As GitHub allows them. Texts of entries are parts of queries and addresses: nothing else gets into them. */
const REPOSITORY = /^github\.com\/([a-z\d](?:[a-z\d-]{0,38})\/(?!\.{1,2}$)[a-z\d._-]{1,100})$/;
const NPM_NAME = /^(?=.{1,214}$)(?:@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/i;
/** A name as PEP 503 normalizes it. */
const PYPI_NAME = /^(?=.{1,200}$)[a-z\d]+(?:-[a-z\d]+)*$/;

/** Returns the repository on GitHub and the packages of a server, each once. */
export function toSubjects({ repository, packages }: ServerDocument): Subject[] {
  const key = repository && toRepositoryKey(repository.url, null)?.split("/").slice(0, 3).join("/");
  const name = key && REPOSITORY.exec(key)?.[1];
  const found: Subject[] = name ? [{ service: "github", subject: name }] : [];
  found.push(...packages.slice(0, MAX_PACKAGES).flatMap((item) => toPackageSubject(item) ?? []));
  return [...new Map(found.map((subject) => [toSubjectKey(subject), subject])).values()];
}

/** The same text for the same subject. */
export function toSubjectKey({ service, subject }: Subject): string {
  return `${service} ${subject}`;
}

/** Null: no service is asked for it. A package of another registry is another one, also with the same name. */
function toPackageSubject(item: ServerPackage): Subject | null {
  const { registryType, identifier } = item;
  if (findRegistryDanger(item) !== null) return null;
  if (registryType === "npm" && NPM_NAME.test(identifier))
    return { service: "npm", subject: identifier };
  const name = identifier.toLowerCase().replaceAll(/[-_.]+/g, "-");
  return registryType === "pypi" && PYPI_NAME.test(name)
    ? { service: "pypi", subject: name }
    : null;
}
