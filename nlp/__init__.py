"""What a mention means: its language, sentiment, urgency and topic, with probabilities and reasons."""

from nlp.scorer import Scorer, Unscorable

__all__ = ["Scorer", "Unscorable"]
