import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import type { z } from "zod";
import { IssuedToken } from "../../../../workers/contract/api/resources.ts";
import { request, requestNothing } from "../../api/request.ts";
import { keyOf } from "../../api/workspace.ts";

const LIFE_MS = 15 * 60_000;
/** A token that ends sooner is replaced before it is used. */
const SPARE_MS = 2 * 60_000;

interface Held {
  /** Set before it is issued: whoever asks meanwhile gets the same one, and whoever leaves meanwhile revokes it. */
  issued: Promise<z.infer<typeof IssuedToken>>;
  endsAt: number;
}

/** A short-lived token of one's own, made at the first call, kept in this page's memory, revoked when it is left. */
export function useTryToken(slug: string): () => Promise<string> {
  const client = useQueryClient();
  const held = useRef<Held>(undefined);
  useEffect(() => {
    const revoke = () => {
      const last = held.current;
      held.current = undefined;
      // Where it fails, the token ends by itself.
      last?.issued
        .then(({ record }) =>
          requestNothing("DELETE", `/workspaces/${slug}/me/tokens/${record.id}`),
        )
        .then(() => client.invalidateQueries({ queryKey: keyOf(slug, "me", "tokens") }))
        .catch(() => {});
    };
    globalThis.addEventListener("pagehide", revoke);
    return () => {
      globalThis.removeEventListener("pagehide", revoke);
      revoke();
    };
  }, [slug, client]);
  return useCallback(async () => {
    const last = held.current;
    if (last && last.endsAt - Date.now() > SPARE_MS) return (await last.issued).token;
    const endsAt = Date.now() + LIFE_MS;
    const body = { label: "Dashboard: try a tool", expiresAt: endsAt };
    const issued = request(IssuedToken, "POST", `/workspaces/${slug}/me/tokens`, body);
    const current = { issued, endsAt };
    held.current = current;
    try {
      return (await issued).token;
    } catch (error) {
      if (held.current === current) held.current = undefined;
      throw error;
    }
  }, [slug]);
}
