"""Evidence on disk: what a run read and was asked, bound to what it proved, so that anybody can derive it again."""
