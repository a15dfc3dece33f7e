import type { Agent } from "../../../../workers/contract/api/agents.ts";
import {
  TRUST_RULE_PRESETS,
  type TrustRulePreset,
} from "../../../../workers/contract/api/trust-rule-presets.ts";
import { toHeaders, type HeaderRow } from "../servers/header-rows.tsx";

/** A trust rule with its last use. */
export type AgentRule = Agent["trustRules"][number];

/** An issuer for which there is no preset. */
export const CUSTOM: TrustRulePreset = {
  id: "custom",
  name: "Another issuer",
  explanation:
    "Any issuer with metadata of OpenID Connect or RFC 8414 whose tokens name the workload, such as GitLab, Google Cloud or Microsoft Entra.",
  issuer: null,
  claims: [
    {
      name: "sub",
      explanation: "The workload, as its issuer names it",
      example: "project_path:acme/app:ref_type:branch:ref:main",
      isRequired: false,
    },
  ],
};

/** What a form for trust rules offers. */
export const PRESETS = [...TRUST_RULE_PRESETS, CUSTOM];

/** What a person enters of a trust rule. */
export interface TrustRuleDraft {
  preset: TrustRulePreset;
  name: string;
  issuer: string;
  audience: string;
  /** Values of the preset's claims, by name. */
  values: Record<string, string>;
  others: HeaderRow[];
}

/** An empty draft of a preset. */
export function newDraft(preset: TrustRulePreset, audience: string): TrustRuleDraft {
  const { name, issuer } = preset;
  return { preset, name, issuer: issuer ?? "", audience, values: {}, others: [] };
}

/** The draft of a rule that is there. */
export function toDraft(rule: AgentRule): TrustRuleDraft {
  const { name, issuer, audience, claims } = rule;
  const preset = findPreset(rule);
  const isKnown = (claim: string) => preset.claims.some((one) => one.name === claim);
  const entries = Object.entries(claims);
  return {
    preset,
    name,
    issuer,
    audience,
    values: Object.fromEntries(entries.filter(([claim]) => isKnown(claim))),
    others: entries
      .filter(([claim]) => !isKnown(claim))
      .map(([claim, value]) => ({ name: claim, value })),
  };
}

/** The body for the API. */
export function toInput({ name, issuer, audience, values, others }: TrustRuleDraft) {
  const known = Object.entries(values).map(([claim, value]) => ({
    name: claim,
    value: value.trim(),
  }));
  const claims = toHeaders([...known, ...others]);
  return { name: name.trim(), issuer: issuer.trim(), audience: audience.trim(), claims };
}

/** The kind of workload that a rule is for, as its issuer and subject tell. */
export function findPreset({
  issuer,
  claims,
}: Pick<AgentRule, "issuer" | "claims">): TrustRulePreset {
  const sub = claims["sub"] ?? "";
  const id = sub.startsWith("system:serviceaccount:")
    ? "kubernetes"
    : sub.startsWith("spiffe://")
      ? "spiffe"
      : undefined;
  return PRESETS.find((preset) => preset.issuer === issuer || preset.id === id) ?? CUSTOM;
}
