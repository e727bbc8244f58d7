// The pipeline's thresholds; src/inkling/pipeline/config/ gives the unit and the reason of each.
// Written by scripts/make_engine_config.py: change them there, and run it.

export const SHARED = {
  inkThreshold: 0.35,
  levelOffset: 24.0,
  minSignalSigmas: 5.0,
  barAspectRatio: 1.8,
  edgeBand: [0.25, 0.6],
  noiseFloorRange: [0.08, 0.5],
};

export const DECODE = {
  maxBytes: 20000000,
  maxPixels: 50000000,
  minSidesPx: [3, 8],
  maxSidePx: 1600,
  glanceSidePx: 400,
  colourSidePx: 640,
  tileSidePx: 512,
  alphaBandRows: 256,
  opaqueAlpha: 127,
  mostlyOpaqueShare: 0.5,
  darkInkLevel: 128,
};

export const GRAYSCALE = {
  lumaSampleSidePx: 96,
  minLumaEdge: 0.25,
  edgeSidePx: 160,
  minChannelSpread: 12,
  strongestQuantile: 0.998,
  minStepLevels: 8.0,
  minStepToMedian: 4.0,
  edgeStepShare: 0.5,
  minContrastGain: 2.0,
  minSnrGain: 1.5,
};

export const DOWNSCALING = {
  sidePx: 64,
  minBlockSidePx: 8,
};

export const PAGE_CROP = {
  minSidePx: 24,
  minAreaShare: 0.25,
  minSolidity: 0.7,
  minRectangularity: 0.86,
  minQuadrangleShare: 0.88,
  maxSurroundBrightness: 0.5,
  surroundQuantile: 0.75,
  minDarkBorderShare: 0.06,
  minBlankAreaShare: 0.4,
  minPanelStep: 10.0,
  maxPanelDeviation: 0.35,
  maxTouchedSides: 2,
  minMarkContrast: 0.1,
  maxSharpStepShare: 0.008,
  sharpLogStep: 0.35,
  rimPx: 2,
  borderBandPx: 4,
};

export const POLARITY = {
  minLogStep: 0.05,
  sharpEdgeShare: 0.3,
  areaWeight: 0.5,
  cornerWeight: 0.5,
};

export const GLOBAL_THRESHOLD = {
  minDepthLevels: 48,
  typicalQuantile: 0.75,
  extremeQuantile: 0.05,
  maxUnevenness: 0.12,
  maxStrokeShare: 0.5,
  iconSidePx: 64,
  floorToUnevenness: 2.0,
  maxEdgeToBody: 0.5,
};

export const BINARIZE = {
  evenRangeLevels: 6.0,
  maxStrokeShare: 0.27,
  kernelToStroke: 3.5,
  kernelToSigma: 6.0,
  strongContrastQuantile: 0.995,
  strokeContrastShare: 0.6,
  minSurfaceR2: 0.99,
  maxBlotBrightness: 0.5,
  backgroundQuantile: 0.7,
  denoiseMinSidePx: 200,
  denoiseMinNoise: 1.0,
  zeroContrastLevel: 51,
  histogramRows: 128,
  backgroundSigmas: 3.5,
  maxBackgroundLevel: 250.0,
  minDepthLevels: 10,
  faintDepthLevels: 60,
  maxEdgeToBody: 0.3,
};

export const BORDER_NOISE = {
  marginShare: 0.04,
  maxComponents: 256,
  minDigitHeightShare: 0.04,
  minDigitHeightPx: 8,
  minRelativeHeight: 0.5,
  maxThicknessRatio: 1.6,
  maxDiscShare: 0.16,
  minBarRectangularity: 0.8,
  minScrollBarExtent: 0.9,
  maxDigitSlantDeg: 50.0,
  minRowOverlap: 0.6,
  minBarGapShare: 0.4,
  maxFragmentShare: 0.45,
  maxBorderFragmentShare: 0.6,
  maxRuleThickness: 0.02,
  maxRuleSlope: 0.1,
  eraseMarginPx: 2,
};

export const SEGMENTATION = {
  maxComponents: 1024,
  tallShare: 0.5,
  maxSpeckSize: 0.12,
  maxPartSize: 0.45,
  maxDashHeight: 0.2,
  maxGap: 0.12,
  maxStackedHeight: 1.35,
  minStackedOverlap: 0.5,
  upperPartShare: 0.4,
  frameExtent: 0.85,
  frameBorderShare: 0.06,
  frameSideBand: 0.2,
  minFrameShare: 0.85,
  maxFrameFill: 0.35,
  minFramedHeight: 0.3,
  fullInk: 0.8,
};

export const LINE_GROUPING = {
  minOverlap: 0.35,
  maxSlope: 0.35,
  minNeighbors: 3,
  neighborGapRange: [0.2, 3.0],
  slopeTolerance: 0.15,
  minHeightRatio: 0.6,
};

export const NORMALIZE = {
  minStrokePx: 1.6,
  targetStrokePx: 2.0,
  maxStrokePx: 3.2,
  measuredSidePx: 80,
  maxDrawnStroke: 0.3,
  faintInk: 0.1,
  strokeInk: 0.5,
  peakQuantile: 0.98,
};

export const TEST_TIME_AUGMENTATION = {
  aspectRatioRange: [0.8, 1.3],
  widthFactors: [0.8, 0.65, 0.5],
  certainAt: 0.99,
  minFilledShare: 0.94,
};

export const QUALITY = {
  darkQuantile: 0.99,
  maxDarkLevel: 24,
  minDigitHeightPx: 13,
  minInkContrast: 0.2,
  maxEdgeHeightShare: 0.075,
  maxEdgePx: 3.0,
  softInk: [0.15, 0.85],
  strokeInk: 0.7,
  paperInk: 0.05,
  maxGlyphs: 300,
  maxExtraComponents: 5,
  minOppositeMargin: 0.15,
  sampledGlyphs: 6,
  sampledRows: 12,
};

export const TEXT_PAGE = {
  minGlyphs: 60,
  maxComponents: 900,
  maxHeightSpread: 0.3,
  maxSolidShare: 0.3,
  minSolidFill: 0.5,
  minSolidCoreFill: 0.95,
  maxSolidAspectRatio: 2.0,
  maxCrossings: 3.5,
  sampledGlyphs: 3,
  sampledLines: 12,
  gridPx: 16,
};

export const LAYOUT = {
  workSidePx: 1000,
  rimShare: 0.006,
  continuedShare: 0.25,
  minKnown: 20,
  minWholeAspect: 0.8,
  minWholeHeight: 0.35,
  maxRows: 64,
  maxCells: 400,
  maxComponents: 3000,
};

export const PAGE = {
  sidePx: 256,
  minPictureSidePx: 160,
  minAreaShare: 0.2,
  minQuadrangleShare: 0.9,
  thresholdShares: [0.25, 0.5, 0.75],
  minLogStep: 0.08,
  maxTiltDeg: 20.0,
  triedTilts: 41,
  edgeWidthPx: 2.5,
  minEdgeShare: 0.3,
  edgesPerSide: 3,
  maxSurround: 0.85,
  farRims: 3.0,
  minSeenShare: 0.5,
  minSides: 3,
  rimPx: 3,
};

export const LIGHT = {
  backgroundSidePx: 192,
  windowShare: 0.35,
  strokePx: 7,
  minContrast: 10,
  noiseSigmas: 2.5,
  smoothedSidePx: 40,
  inkShare: 0.42,
  paperLevel: 235,
  evenShare: 0.12,
};

export const RULES = {
  maxTiltDeg: 16.0,
  minRuleShare: 0.3,
  ruleToDigit: 2.0,
  enoughShare: 0.8,
  minUprightPx: 50.0,
  minTiltDeg: 1.0,
  gapShare: 0.02,
  kernelShare: 0.08,
  minKernelPx: 14,
  minGapPx: 4,
  wallKernelShare: 0.5,
  maxRuleThickness: 0.04,
};

export const CELLS = {
  thresholdShares: [1.0, 0.5],
  maxInkShare: 0.45,
  maxHoles: 2000,
  minSidePx: 9,
  maxOpenAspect: 4.0,
  maxAreaShare: 0.6,
  minRectangularity: 0.86,
  cornerInset: 0.07,
  maxTiltDeg: 17.0,
  heightRange: [0.72, 1.4],
  maxLevelStep: 0.3,
  maxGap: 1.2,
  wallShare: 0.2,
  joinedRange: [0.85, 1.15],
  minWallShare: 0.8,
  wallReach: 0.06,
  credibleCells: 5,
  maxBeside: 0.9,
  maxBesideAspect: 0.25,
  minBeside: 0.5,
  minHeight: 1.0,
  spoiltShare: 0.6,
  wallRestShare: 0.2,
  minCrossShare: 0.9,
  crossSidePx: 48,
  crossRadiiPx: [11.5, 16.0, 20.0],
  minCrossCircles: 2,
  maxArmDeg: 75.0,
  maxOffDiagonalDeg: 30.0,
  maxArmBendDeg: 30.0,
  minZigzag: 4,
  minZigzagHeight: 0.25,
  minHolePx: 12.0,
  minCrossPx: 6,
  maxCrossAspect: 2.2,
  minInkHeight: 0.2,
  inset: 0.06,
  margin: 0.1,
  marginToDigit: 0.35,
  squaredMinCells: 12,
  squaredMaxWritten: 0.15,
  minWithin: 0.5,
};

export const ROWS = {
  tallShare: 0.4,
  lowRowShare: 0.6,
  speckShare: 0.1,
  maxThickness: 2.2,
  edgeThickness: 0.5,
  borderShare: 0.04,
  minPieceAspect: 3.0,
  minContact: 0.5,
  strokeRange: [0.7, 1.35],
  pointingLength: 2.5,
  sliverThickness: 0.25,
  minInnerShare: 0.2,
  reach: 1.6,
  levelReach: 0.45,
  minRowShare: 0.3,
  twoRowsHeight: 2.0,
  maxLevelSlope: 0.05,
  minCommonBox: 0.5,
  maxRowGap: 1.5,
  minCommon: 0.3,
  minStrength: 0.45,
  sampledComponents: 16,
  sampledPoints: 800,
  margin: 0.14,
  keepShare: 0.58,
  minTiltGain: 0.07,
  maxTiltDeg: 16.0,
  tiltStepDeg: 1.0,
  heightQuantiles: [0.02, 0.98],
  minLevelAspect: 1.6,
};

export const LINE_IMAGE = {
  heightPx: 32,
  widthStepPx: 4,
  widthRangePx: [16, 1024],
  inkPercentile: 2.0,
  minContrastLevels: 12.0,
  range: [-0.5, 1.5],
};

export const LINE_RECOGNIZER = {
  stretches: [0.85, 1.2],
  certainAt: 0.95,
};

export const CTC = {
  nBest: 5,
  minShare: 0.001,
  negligibleShare: 1e-12,
  maxColumns: 2000,
  beamWidth: 10,
  beamSymbols: 4,
  beamMinProb: 0.001,
};

export const SYMBOL_BOXES = {
  inkThreshold: 0.35,
  ruleShare: 0.1,
  offMiddleCost: 0.02,
  maxGapPx: 3,
  maxReach: 0.8,
};

export const SECOND_OPINION = {
  damaged: 0.01,
  cellWeight: 1.0,
  minInk: 0.15,
  minShare: 0.02,
};

export const COLUMNS = {
  maxGap: 1.5,
  minAspectRatio: 1.4,
  minDigits: 1.5,
};

export const RESULT = {
  signsSureAt: 0.5,
  rightDespiteDoubt: 0.5,
};

export const ROW_READER = {
  minOpinion: 0.3,
  maxReadAgain: 6,
};

export const AGREEMENT = {
  minOwnInk: 0.98,
  minOutlinedPx: 200,
  minOutline: 0.7,
  maxParts: 3,
  maxDigitAspect: 1.15,
  minFaintConfidence: 0.05,
  minCommon: 0.5,
  minHeight: 0.7,
  minEnclosed: 0.9,
  minCovered: 0.5,
};
