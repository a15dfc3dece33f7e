import { escapeLine } from "../../../workers/contract/text/hidden-characters.ts";

/**
 * A name that a person gave: hidden characters are escaped, and its direction of writing does not change the order of
 * the words around it.
 */
export function DisplayName({ name }: { name: string }) {
  return <bdi>{escapeLine(name)}</bdi>;
}
