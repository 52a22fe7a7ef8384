"""The releases that the model knows."""
