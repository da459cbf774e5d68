// packages: @mastra/core@1.71.0 @mastra/observability@1.17.9 @mastra/otel-exporter@1.4.0 @ai-sdk/openai@4.0.118 @opentelemetry/exporter-trace-otlp-proto zod
import { createOpenAI } from "@ai-sdk/openai";
import { Agent } from "@mastra/core/agent";
import { Mastra } from "@mastra/core/mastra";
import { createTool } from "@mastra/core/tools";
import { Observability } from "@mastra/observability";
import { OtelExporter } from "@mastra/otel-exporter";
import { z } from "zod";

const getWeather = createTool({
  id: "get_weather",
  description: "The weather in a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, temperature_c: 21 }),
});
const findOrder = createTool({
  id: "find_order",
  description: "An order.",
  inputSchema: z.object({ order_id: z.string() }),
  execute: async ({ order_id }) => ({ success: false, error: `Order ${order_id} not found` }),
});
const explode = createTool({
  id: "explode",
  description: "Raises.",
  inputSchema: z.object({ reason: z.string() }),
  execute: async () => {
    throw new Error("the kiln is cold");
  },
});
const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
const weatherAgent = new Agent({
  id: "weather_agent",
  name: "weather_agent",
  instructions: "Tell the weather.",
  model: openai.chat("gpt-4o-mini"),
  tools: { get_weather: getWeather, find_order: findOrder, explode },
});
const endpoint = `${process.env.LOOPBACK}/v1/traces`;
const mastra = new Mastra({
  agents: { weatherAgent },
  observability: new Observability({
    configs: {
      otel: {
        serviceName: "mastra-shop",
        exporters: [new OtelExporter({ provider: { custom: { endpoint, protocol: "http/protobuf" } } })],
      },
    },
  }),
});
await mastra.getAgent("weatherAgent").generate("How is the weather?", {
  tracingOptions: { metadata: { sessionId: "session-7" } },
});
await mastra.observability.shutdown();
process.exit(0);
