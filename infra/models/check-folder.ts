import { openModelFolder } from './model-folder.js';

/**
 * Checks a folder with a graph as far as that is possible without running it: configuration, tokenizer, graph, and the
 * files its data lie in. Throws ModelNotFoundError or ModelFormatError, saying what is wrong and where.
 */
export async function checkModelFolder(folder: string): Promise<void> {
  const { config, modelPath, loadTokenizer } = openModelFolder(folder, folder);
  loadTokenizer();
  const [{ readGraphFile }, { inspectDecoderGraph }, { checkVocabulary }] = await Promise.all([
    import('../onnx/model-files.js'),
    import('../onnx/decoder-graph-info.js'),
    import('../onnx/vocabulary-check.js'),
  ]);
  const { model, path } = readGraphFile(modelPath);
  // As strict as for a drafter: a target is told from a drafter by what it is used for.
  checkVocabulary(inspectDecoderGraph(model, path, 'drafter'), config.vocabularySize, path);
}
