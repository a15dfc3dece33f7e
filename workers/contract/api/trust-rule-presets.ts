/** What a form for trust rules offers for a kind of workload. `example`: an example of each claim's value. */
export interface TrustRulePreset {
  id: string;
  name: string;
  explanation: string;
  /** Null: each installation has another one. */
  issuer: string | null;
  claims: { name: string; explanation: string; example: string; isRequired: boolean }[];
}

/** The kinds of workloads whose tokens are well known. */
export const TRUST_RULE_PRESETS: TrustRulePreset[] = [
  {
    id: "github-actions",
    name: "GitHub Actions",
    explanation:
      "A job with “permissions: id-token: write” gets a token from GitHub for the audience that it names. It is valid for some minutes.",
    issuer: "https://token.actions.githubusercontent.com",
    claims: [
      {
        name: "repository",
        explanation: "The repository in which the workflow runs, or all of an owner: acme/*",
        example: "acme/app",
        isRequired: true,
      },
      {
        name: "ref",
        explanation: "The branch or tag. Without it, every branch and pull request is trusted",
        example: "refs/heads/main",
        isRequired: false,
      },
      {
        name: "environment",
        explanation: "The environment of the job, which can need a review in GitHub",
        example: "production",
        isRequired: false,
      },
      {
        name: "job_workflow_ref",
        explanation: "The file of the workflow and its version, also of a reusable one",
        example: "acme/ci/.github/workflows/deploy.yml@refs/heads/main",
        isRequired: false,
      },
    ],
  },
  {
    id: "kubernetes",
    name: "Kubernetes",
    explanation:
      "A pod gets a token of its service account from a projected volume or the TokenRequest API. The issuer is that of the cluster; its metadata must be reachable from the gateway.",
    issuer: null,
    claims: [
      {
        name: "sub",
        explanation: "The namespace and the service account",
        example: "system:serviceaccount:agents:deploy",
        isRequired: true,
      },
    ],
  },
  {
    id: "spiffe",
    name: "SPIFFE",
    explanation:
      "A workload gets a JWT-SVID from the Workload API. The issuer is the OIDC discovery provider of the trust domain.",
    issuer: null,
    claims: [
      {
        name: "sub",
        explanation: "The SPIFFE id of the workload, or all below a path",
        example: "spiffe://acme.org/agents/deploy",
        isRequired: true,
      },
    ],
  },
];
