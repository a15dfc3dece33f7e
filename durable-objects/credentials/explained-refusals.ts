import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import { HOUR_MS } from "../../workers/contract/units.ts";
import type { UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import { explainRefusal } from "../../workers/upstream/sign-in/discover.ts";

/** A server that still refuses the gateway is asked again which sign-in it wants after this time. */
const KEPT_MS = HOUR_MS;

/**
 * Which sign-ins servers want, or that they name none. Kept in memory: each check of a server that refuses the gateway
 * would ask for it again.
 */
export class ExplainedRefusals {
  readonly #options: UpstreamOptions;
  /** By server. `at`: epoch ms. */
  readonly #known = new Map<string, { place: string; error: UpstreamError; at: number }>();

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** The refusal in the light of what the server says of its sign-in. Metadata with a mistake is read each time. */
  async explain(server: ServerRecord, error: UpstreamError): Promise<UpstreamError> {
    const { id, url, headers, perPerson } = server;
    const isPerPerson = perPerson !== null;
    const place = `${isPerPerson} ${url}`;
    const now = Date.now();
    const known = this.#known.get(id);
    if (known?.place === place && now - known.at < KEPT_MS) return known.error;
    const explained = await explainRefusal({ url, headers }, error, isPerPerson, this.#options);
    if (explained === error || explained.code === "needs_sign_in")
      this.#known.set(id, { place, error: explained, at: now });
    return explained;
  }
}
