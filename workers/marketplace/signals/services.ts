import { SIGNAL_SERVICES, type SignalService } from "../../contract/api/marketplace-signals.ts";
import type { Env } from "../../runtime/env.ts";
import type { SignalBatch } from "./figures.ts";
import { fetchRepositories } from "./github.ts";
import { fetchNpmDownloads, fetchPypiReleases } from "./packages.ts";

/** Repositories of one request to GitHub, and after a failure: a large request can take GitHub too long. */
const REPOSITORIES = 100;
const FEW_REPOSITORIES = 20;
/** Packages whose downloads one request returns; npm allows 128. */
const PLAIN_PACKAGES = 100;
/** Requests of one step to npm and PyPI, which return a package each: a Worker can send 50 in all. */
const SINGLE_REQUESTS = 15;

/** Subjects that are read for one step; it takes as many of them as it can ask for. */
export const MAX_DUE = 100;

/** Why a service is not asked, and what the operator can do; null: it is asked. */
export function findOffReason(env: Env, service: SignalService): string | null {
  if (addressOf(env, service) === "")
    return `Set the variable MARKETPLACE_${service.toUpperCase()} to its address`;
  return service === "github" && !env.GITHUB_TOKEN ? "Set the secret GITHUB_TOKEN" : null;
}

/** Returns the services that are asked. */
export function listAskedServices(env: Env): SignalService[] {
  return SIGNAL_SERVICES.filter((service) => findOffReason(env, service) === null);
}

/** Asks a service for as many of the subjects as one step has time for, in their order. */
export async function askService(
  env: Env,
  { service, attempt }: { service: SignalService; attempt: number },
  due: string[],
): Promise<SignalBatch> {
  const baseUrl = addressOf(env, service);
  switch (service) {
    case "github": {
      const repositories = due.slice(0, attempt === 0 ? REPOSITORIES : FEW_REPOSITORIES);
      return fetchRepositories(env, { baseUrl, token: env.GITHUB_TOKEN ?? "" }, repositories);
    }
    case "npm": {
      const plain = due.filter((name) => !name.startsWith("@")).slice(0, PLAIN_PACKAGES);
      const scoped = due.filter((name) => name.startsWith("@")).slice(0, SINGLE_REQUESTS);
      return fetchNpmDownloads(env, baseUrl, [...plain, ...scoped]);
    }
    case "pypi":
      return fetchPypiReleases(env, baseUrl, due.slice(0, SINGLE_REQUESTS));
  }
}

/** The base of a service's API; empty: the service is not asked. */
export function addressOf(env: Env, service: SignalService): string {
  const addresses = {
    github: env.MARKETPLACE_GITHUB,
    npm: env.MARKETPLACE_NPM,
    pypi: env.MARKETPLACE_PYPI,
  };
  return addresses[service].replace(/\/+$/, "");
}
