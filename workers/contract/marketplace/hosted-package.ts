import type { ServerDocument } from "./server-document.ts";

/**
 * Finds the entry of the hosting catalogue that runs a server of the marketplace: the one with its npm package. Undefined:
 * container hosts cannot run it.
 */
export function findHosted<T extends { package: { name: string } }>(
  { packages }: Pick<ServerDocument, "packages">,
  catalogue: readonly T[],
): T | undefined {
  return catalogue.find(({ package: { name } }) =>
    packages.some(({ registryType, identifier }) => registryType === "npm" && identifier === name),
  );
}
