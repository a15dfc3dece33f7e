import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { CheckedServer, Server, Workspace } from "../../../../../workers/contract/api/resources.ts";
import {
  HostedInstance,
  HostedInstances,
} from "../../../../../workers/contract/hosting/instances.ts";
import { suggestSlug } from "../../../../../workers/contract/text/suggest-slug.ts";
import { describeError } from "../../../api/api-error.ts";
import { withStepUp } from "../../../api/ceremonies.ts";
import { meQuery } from "../../../api/me.ts";
import { refetch } from "../../../api/refetch.ts";
import { request } from "../../../api/request.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { findExisting, toRequest, type ApplyItem, type Settings } from "./apply-item.ts";

/** What has become of a server of the plan. `slug`: of the server in the workspace; null: it has none. */
export interface Outcome {
  state: "running" | "added" | "there" | "not-added" | "failed";
  text: string;
  slug: string | null;
}

/** Where a plan is applied. */
export type Target = { slug: string } | { newSlug: string; name: string };

const Items = z.object({ items: z.array(Server) });

/** Applies a plan step by step, with the outcome of each. A second time, it adds only what is missing. */
export function useApply() {
  const client = useQueryClient();
  // By the keys of the plan, which strangers name: `constructor` is a member of every object.
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [appliedTo, setAppliedTo] = useState<string | null>(null);

  const openTarget = async (target: Target): Promise<string> => {
    if ("slug" in target) return target.slug;
    const body = { slug: target.newSlug, name: target.name };
    const { slug } = await withStepUp(client, () =>
      request(Workspace, "POST", "/workspaces", body),
    );
    await refetch(client, meQuery.queryKey);
    return slug;
  };

  const addOne = async (slug: string, item: ApplyItem, settings: Settings): Promise<Outcome> => {
    const [servers, hosted] = await Promise.all([
      request(Items, "GET", `/workspaces/${slug}/servers`),
      request(HostedInstances, "GET", `/workspaces/${slug}/instances`),
    ]);
    const existing = findExisting(item, settings, servers.items, hosted.items);
    if (existing)
      return { state: "there", text: `Already there as ${existing.name}.`, slug: existing.slug };
    const taken = new Set([...servers.items, ...hosted.items].map((other) => other.slug));
    const own = suggestSlug(settings.slug, "server", taken);
    const asked = toRequest(item, { ...settings, slug: own });
    if (asked.resource === null) return { state: "not-added", text: asked.problem, slug: null };
    const path = `/workspaces/${slug}/${asked.resource}`;
    if (asked.resource === "instances") {
      const instance = await withStepUp(client, () =>
        request(HostedInstance, "POST", path, asked.body),
      );
      return { state: "added", text: "Being deployed to a container host.", slug: instance.slug };
    }
    const { server, check } = await withStepUp(client, () =>
      request(CheckedServer, "POST", path, asked.body),
    );
    const error = check?.error ?? null;
    const text = error === null ? "Added." : `Added, but it did not respond: ${error.message}`;
    return { state: "added", text, slug: server.slug };
  };

  const apply = async (
    target: Target,
    items: readonly ApplyItem[],
    toSettings: (item: ApplyItem) => Settings,
  ) => {
    setIsBusy(true);
    setProblem(null);
    try {
      const slug = appliedTo !== null && "newSlug" in target ? appliedTo : await openTarget(target);
      setAppliedTo(slug);
      for (const item of items) {
        const set = (outcome: Outcome) => setOutcomes((old) => new Map(old).set(item.key, outcome));
        set({ state: "running", text: "…", slug: null });
        // One after the other: each one needs to know the names of those before.
        // oxlint-disable-next-line no-await-in-loop
        const outcome = await addOne(slug, item, toSettings(item)).catch(
          (error: unknown): Outcome => ({
            state: "failed",
            text: describeError(error),
            slug: null,
          }),
        );
        set(outcome);
      }
      await refetch(client, workspaceKey(slug));
    } catch (error) {
      setProblem(describeError(error));
    }
    setIsBusy(false);
  };
  return { apply, outcomes, problem, isBusy, appliedTo };
}
