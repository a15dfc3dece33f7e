import type { Category } from "../contract/marketplace/facets.ts";
import type { ServerDocument } from "../contract/marketplace/server-document.ts";

/** Most categories of a server: those with the most words. */
const MAX_CATEGORIES = 3;
/** A word of the name or title counts as often as this in the description. */
const NAME_WEIGHT = 3;

/**
 * Words of each category, in lower case. A star: any ending. Words that descriptions have whatever the server is for are left
 * out: ai, agent, code, api.
 */
const WORDS: Record<Category, string> = {
  ai: "llm openai gpt* anthropic gemini ollama huggingface inference embedding* diffusion transformers replicate deepseek mistral perplexity langchain",
  automation:
    "automat* workflow* zapier n8n ifttt cron scheduler orchestrat* trigger* rpa pipelines",
  browser:
    "browser* playwright puppeteer selenium chrome* chromium webdriver headless screenshot* devtools",
  business:
    "crm salesforce hubspot erp odoo sap zendesk intercom invoice* sales lead leads marketing hr recruit* jobs ads seo campaign* customer* pipedrive",
  cloud:
    "aws azure gcp cloud cloudflare kubernetes k8s docker terraform serverless heroku vercel netlify digitalocean infrastructure devops helm lambda container* deployment* hosting vps proxmox",
  communication:
    "slack discord email* gmail imap smtp telegram whatsapp teams sms twilio chat messag* outlook mail zoom matrix mastodon bluesky twitter linkedin reddit social wechat line voice",
  data: "analytics dataset* csv excel spreadsheet* pandas etl warehouse bigquery snowflake databricks dbt tableau chart* visuali* statistic* dashboard* jupyter metrics parquet",
  databases:
    "database* sql postgres* mysql mariadb sqlite mongodb mongo redis supabase duckdb clickhouse neo4j cassandra dynamodb oracle mssql elasticsearch firestore db pgvector qdrant pinecone milvus weaviate chroma neon planetscale",
  design:
    "design figma image* video* photo* blender canva svg draw* diagram* mermaid music audio media youtube unsplash icon* 3d cad render* tts speech spotify",
  developer:
    "github gitlab git coding developer* debug* compiler codebase* linter unittest* testing ide ci openapi npm pypi repositor* programming swift xcode android bitbucket refactor* postman graphql lsp",
  documents:
    "document* pdf* docx word markdown notion obsidian note* confluence evernote ocr latex wiki* pptx powerpoint slides ebook*",
  education:
    "arxiv pubmed research* academic* paper* education* learn* course* school university scholar* science scientific citation* zotero math* biolog* chemistry quran bible dictionary",
  files:
    "file files filesystem folder* directory storage s3 drive dropbox backup* upload* ftp sftp onedrive sharepoint box minio gdrive",
  finance:
    "financ* stock* trading crypto* bitcoin ethereum blockchain payment* stripe paypal bank* defi solana wallet* currency tax accounting market markets price* portfolio token* nft coin* forex quickbooks xero plaid ledger onchain web3 invest*",
  games:
    "game games gaming minecraft unity unreal godot roblox steam chess dice pokemon rpg esports",
  health:
    "health* medical fitness hospital clinical fhir patient* drug* nutrition* sleep workout* strava garmin oura wellness genom*",
  location:
    "map maps geo* location* weather travel flight* hotel* navigation route* gps places airbnb transit* earthquake* forecast* osm",
  memory: "memory memories knowledge rag vector* semantic graph recall ontolog* embeddings",
  monitoring:
    "monitor* observability grafana prometheus datadog sentry log logs logging alert* trac* uptime newrelic splunk telemetry opentelemetry incident* pagerduty",
  productivity:
    "task tasks todo* calendar jira linear asana trello project* schedul* meeting* clickup todoist reminder* airtable monday kanban planner habits",
  search:
    "search* web crawl* scrap* brave google bing exa tavily serp fetch* rss news firecrawl url* webpage* duckduckgo searxng wikipedia",
  security:
    "security secur* vulnerab* cve pentest* malware threat* auth oauth password* secret* vault firewall nmap forensic* compliance osint audit* phishing encryption siem identity",
  shopping:
    "shop* ecommerce commerce shopify amazon product* order orders woocommerce ebay etsy retail cart inventory magento",
};

const EXACT = new Map<string, Category[]>();
const BEGINNINGS: [beginning: string, category: Category][] = [];
for (const [category, words] of Object.entries(WORDS) as [Category, string][]) {
  for (const word of words.split(" ")) {
    if (word.endsWith("*")) BEGINNINGS.push([word.slice(0, -1), category]);
    else EXACT.set(word, [...(EXACT.get(word) ?? []), category]);
  }
}

/** Categories of a word, kept because the entries of a page have many words in common. */
const known = new Map<string, Category[]>();
const MAX_KNOWN = 20_000;

/** Finds the categories of a server by the words of its name, title, description, package and topics: at most three. */
export function findCategories(document: ServerDocument, topics: string[]): Category[] {
  const points = new Map<Category, number>();
  const count = (text: string | null, weight: number) => {
    for (const word of toWords(text ?? ""))
      for (const category of categoriesOf(word))
        points.set(category, (points.get(category) ?? 0) + weight);
  };
  const { name, title, description, packages } = document;
  count(name.slice(name.indexOf("/") + 1), NAME_WEIGHT);
  count(title, NAME_WEIGHT);
  count(description, 1);
  count(packages[0]?.identifier ?? null, 1);
  count(topics.join(" "), 1);
  return [...points]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MAX_CATEGORIES)
    .map(([category]) => category);
}

function toWords(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));
}

function categoriesOf(word: string): Category[] {
  let found = known.get(word);
  if (!found) {
    const byBeginning = BEGINNINGS.filter(([beginning]) => word.startsWith(beginning));
    found = [
      ...new Set([...(EXACT.get(word) ?? []), ...byBeginning.map(([, category]) => category)]),
    ];
    if (known.size < MAX_KNOWN) known.set(word, found);
  }
  return found;
}
