import { findAddressDanger } from "../../../../../workers/contract/marketplace/install/dangers.ts";

/**
 * The address that a link of a README opens: public https addresses and mailto only, relative ones in the repository.
 * `sourceUrl`: the page of the README on GitHub. Null: it is no address that is opened.
 */
export function toLinkAddress(href: string, sourceUrl: string): string | null {
  // A path from the root is one of the repository: its pages begin with owner, name, `blob` and the commit.
  const root = new URL(sourceUrl).pathname.split("/").slice(0, 5).join("/");
  const isFromRoot = /^[\\/](?![\\/])/.test(href);
  const address = URL.parse(isFromRoot ? root + href : href, sourceUrl);
  if (address === null || address.username !== "" || address.password !== "") return null;
  const isOpened = address.protocol === "https:" || address.protocol === "mailto:";
  return isOpened && findAddressDanger(address.href) === null ? address.href : null;
}
