// Read a picture with the TypeScript client of openapi-generator: ADDRESS DATA_URL.

import { Configuration, ModelsApi, ReadingApi, ResponseError } from "./generated_client";

declare const process: { argv: string[] };

async function main([basePath, image]: string[]): Promise<void> {
  const configuration = new Configuration({ basePath });
  const reading = new ReadingApi(configuration);
  const answer = await reading.read({ readRequest: { image, length: "1" } });
  if (!("text" in answer)) throw new Error("an answer for several pictures");
  console.log(answer.text);
  console.log(answer.constraint?.satisfied);
  const { models } = await new ModelsApi(configuration).listModels();
  console.log(models.filter((model) => model._default).map((model) => model.name));
  try {
    await reading.read({ readRequest: { image: "data:image/png;base64," } });
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    console.log(error.response.status, (await error.response.json()).kind);
  }
}

void main(process.argv.slice(2));
