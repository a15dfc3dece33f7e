import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { IssuedToken } from "../../../../workers/contract/api.ts";
import { request, requestNothing } from "../../api/request.ts";
import { keyOf } from "../../api/workspace.ts";

const LIFE_MS = 15 * 60_000;
/** A token that ends sooner is replaced before it is used. */
const SPARE_MS = 2 * 60_000;

interface Held {
  token: string;
  id: string;
  endsAt: number;
}

/** A short-lived token of one's own, made at the first call, kept in this page's memory, revoked when it is left. */
export function useTryToken(slug: string): () => Promise<string> {
  const client = useQueryClient();
  const held = useRef<Held>(undefined);
  useEffect(() => {
    const revoke = () => {
      const id = held.current?.id;
      held.current = undefined;
      // Where it fails, the token ends by itself.
      if (id !== undefined)
        requestNothing("DELETE", `/workspaces/${slug}/me/tokens/${id}`)
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
    if (held.current && held.current.endsAt - Date.now() > SPARE_MS) return held.current.token;
    const endsAt = Date.now() + LIFE_MS;
    const body = { label: "Dashboard: try a tool", expiresAt: endsAt };
    const { token, record } = await request(
      IssuedToken,
      "POST",
      `/workspaces/${slug}/me/tokens`,
      body,
    );
    held.current = { token, id: record.id, endsAt };
    return token;
  }, [slug]);
}
