"""What other tools speak, translated into the model and out of it. No decisions here."""
